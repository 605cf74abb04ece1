import type { Failed } from '../src/index.ts'

/** What bundler (1.17 to 4) prints, joined to one line, and the remedy for it. The first match counts. */
const CAUSES: readonly { readonly said: RegExp; readonly remedy: (match: RegExpExecArray) => string }[] = [
  {
    said: /There was an error (?:parsing|evaluating) `([^`]+)`: (.{0,120})/,
    remedy: ([, file, why]) => `${file} cannot be read: ${why!.trim()}; run bundle install at your desk, and commit what mends it`,
  },
  {
    // without a lock file, the check before the install complains about platforms instead
    said: /requires an? (?:Gemfile\.lock|lockfile)|only supports platforms \[\]|no lockfile|lockfile (?:is missing|was not found)/i,
    remedy: () =>
      'the repository has no Gemfile.lock: run bundle install at your desk, then git add --force Gemfile.lock, and commit it (.gitignore may have it)',
  },
  { said: /contains merge conflicts/, remedy: () => 'Gemfile.lock holds a merge conflict: run bundle install at your desk and commit it' },
  {
    said: /You must use Bundler (\S+) or greater|requires Bundler (\S+)|Could not find 'bundler' \(([^)]+)\)/i,
    remedy: ([, greater, required, exact]) =>
      `Gemfile.lock wants another Bundler than this host has: on that host, gem install bundler -v ${exact ?? `'>= ${greater ?? required}'`}`,
  },
  {
    said: /`(bundle lock --add-platform \S+[\w-])`/,
    remedy: ([, command]) => `Gemfile.lock was made for other machines: ${command} at your desk, and commit it`,
  },
  {
    said: /Your Ruby version is ([\d.p]+), but your Gemfile specified ([^\s,]+)/,
    remedy: ([, has, wants]) =>
      `the Gemfile wants Ruby ${wants}, and this host runs ${has}: install that version, and select it by rbenv(), or by PATH in env`,
  },
  {
    said: /(?:deployment mode after changing|frozen (?:mode|because)|lockfile while frozen|dependencies in your gemfile changed|Gemfile\.lock.{0,40}can't be updated because frozen)/i,
    remedy: () => 'Gemfile and Gemfile.lock disagree: run bundle install at your desk and commit Gemfile.lock',
  },
  {
    said: /Authentication is required for (\S+?)\.? |Bad username or password for (\S+?)\.? /,
    remedy: ([, asks, refuses]) =>
      `${asks ?? refuses} wants a user and a password: on that host, bundle config set --global ${asks ?? refuses} USER:PASSWORD`,
  },
  {
    said: /(?:Could not|not) (?:reach host|fetch specs from|resolve host|download gem from) ?(\S*?)[.,]? /,
    remedy: ([, host]) =>
      `this host cannot reach the source of gems: on that host, curl -I ${host || "the address in the Gemfile's source"}`,
  },
  {
    said: /can no longer be found in that source|Could not find (?:gem )?'?([^\s',]+)/,
    remedy: ([, gem]) =>
      `${gem ?? 'a gem'} is no longer at its source, or was never there for this platform: bundle update ${gem ?? 'GEM'} at your desk and commit Gemfile.lock`,
  },
  {
    said: /An error occurred while installing (\S+)|Failed to build gem native extension/,
    remedy: ([, gem]) => `${gem ?? 'a gem'} could not be built: the output names what is missing on the host, mostly a -dev package`,
  },
]

/** What bundler's exit codes mean (bundler/errors.rb, the same since 1.x). */
const CODES: Readonly<Record<number, string>> = {
  5: 'a gem could not be built: the output names what is missing on the host, mostly a -dev package',
  6: 'the versions in the Gemfile exclude each other: run bundle install at your desk and commit Gemfile.lock',
  7: 'a gem or its version is no longer at its source, or was never there for this platform',
  10: 'the release has no Gemfile at its root: set gemfile, or repoTree',
  11: 'a gem from a git repository could not be had: may this host read that repository?',
  16: 'Gemfile and Gemfile.lock disagree: run bundle install at your desk and commit Gemfile.lock',
  17: "the host cannot reach a source of gems: try curl -I with the address in the Gemfile's source there",
  18: 'the Gemfile wants another Ruby than the one this host runs: set PATH in env, or install it',
  20: 'Gemfile.lock cannot be read: it may hold a merge conflict',
  23: 'bundler may not write where gems go: look at the owner of the path setting',
  31: 'the disk of the host is full',
  127: "there is no bundle in the PATH that a command over ssh has: use rbenv(), or env: { PATH: prepend('/opt/ruby/bin') } in the config",
}
/** Codes whose meaning does not depend on what bundler prints. */
const CERTAIN = [10, 23, 31, 127]

/** The remedy for a bundle command that failed. */
export const bundlerRemedy = ({ code, stdout, stderr }: Failed): string | undefined => {
  const known = code === undefined ? undefined : CODES[code]
  if (code !== undefined && CERTAIN.includes(code)) return known
  const text = `${stdout} ${stderr} `.replace(/\s+/g, ' ')
  for (const { said, remedy } of CAUSES) {
    const match = said.exec(text)
    if (match) return remedy(match)
  }
  return known
}
