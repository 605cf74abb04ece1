import type { Failed } from '../src/index.ts'

/** What bundler (1.17 to 4) prints, joined to one line, and the remedy for it. The first match counts. */
const CAUSES: readonly { readonly output: RegExp; readonly remedy: (match: RegExpExecArray) => string }[] = [
  {
    output: /There was an error (?:parsing|evaluating) `([^`]+)`: (.{0,120})/,
    remedy: ([, file, why]) =>
      `${file} cannot be read: ${why!.trim()}; correct it, run bundle install on your machine, and commit both files`,
  },
  {
    // without a lock file, the check before the install complains about platforms instead
    output: /requires an? (?:Gemfile\.lock|lockfile)|only supports platforms \[\]|no lockfile|lockfile (?:is missing|was not found)/i,
    remedy: () =>
      'the repository has no Gemfile.lock: run bundle install on your machine, then git add --force Gemfile.lock, and commit it (.gitignore may list it)',
  },
  {
    output: /contains merge conflicts/,
    remedy: () => 'Gemfile.lock has a merge conflict: run bundle install on your machine and commit it',
  },
  {
    output: /You must use Bundler (\S+) or greater|requires Bundler (\S+)|Could not find 'bundler' \(([^)]+)\)/i,
    remedy: ([, greater, required, exact]) =>
      `Gemfile.lock needs another Bundler than this host has: on that host, gem install bundler -v ${exact ?? `'>= ${greater ?? required}'`}`,
  },
  {
    output: /`(bundle lock --add-platform \S+[\w-])`/,
    remedy: ([, command]) => `Gemfile.lock was made for other platforms: run ${command} on your machine, and commit it`,
  },
  {
    output: /Your Ruby version is ([\d.p]+), but your Gemfile specified ([^\s,]+)/,
    remedy: ([, has, wants]) =>
      `the Gemfile needs Ruby ${wants}, and this host runs ${has}: install that version, and select it with rbenv(), or with PATH in env`,
  },
  {
    output:
      /(?:deployment mode after changing|frozen (?:mode|because)|lockfile while frozen|dependencies in your gemfile changed|Gemfile\.lock.{0,40}can't be updated because frozen)/i,
    remedy: () => 'Gemfile and Gemfile.lock disagree: run bundle install on your machine and commit Gemfile.lock',
  },
  {
    output: /Authentication is required for (\S+?)\.? |Bad username or password for (\S+?)\.? /,
    remedy: ([, asks, refuses]) =>
      `${asks ?? refuses} needs a user and a password: on that host, bundle config set --global ${asks ?? refuses} USER:PASSWORD`,
  },
  {
    output: /(?:Could not|not) (?:reach host|fetch specs from|resolve host|download gem from) ?(\S*?)[.,]? /,
    remedy: ([, host]) =>
      `this host cannot reach the source of the gems: on that host, curl -I ${host || "the address in the Gemfile's source"}`,
  },
  {
    output: /can no longer be found in that source|Could not find (?:gem )?'?([^\s',]+)/,
    remedy: ([, gem]) =>
      `${gem ?? 'a gem'} is no longer at its source, or was never there for this platform: bundle update ${gem ?? 'GEM'} on your machine and commit Gemfile.lock`,
  },
  {
    output: /An error occurred while installing (\S+)|Failed to build gem native extension/,
    remedy: ([, gem]) => `${gem ?? 'a gem'} could not be built: the output names what is missing on the host, usually a -dev package`,
  },
]

/** What bundler's exit codes mean (bundler/errors.rb, the same since 1.x). */
const CODES: Readonly<Record<number, string>> = {
  5: 'a gem could not be built: the output names what is missing on the host, usually a -dev package',
  6: 'the versions in the Gemfile conflict: run bundle install on your machine and commit Gemfile.lock',
  7: 'a gem or its version is no longer at its source, or was never there for this platform',
  10: 'the release has no Gemfile at its root: set gemfile, or repoTree',
  11: 'the git repository of a gem cannot be read: does this host have access to it?',
  16: 'Gemfile and Gemfile.lock disagree: run bundle install on your machine and commit Gemfile.lock',
  17: "the host cannot reach a source of gems: try curl -I with the address in the Gemfile's source there",
  18: 'the Gemfile needs another Ruby than this host runs: install it, or set PATH in env',
  20: 'Gemfile.lock cannot be read: it may have a merge conflict',
  23: 'bundler may not write where gems are installed: check the owner of that directory (setting path)',
  31: 'the disk of the host is full',
  127: "bundle is not in the PATH of commands over SSH: use rbenv(), or env: { PATH: prepend('/opt/ruby/bin') } in the config",
}
/** Codes whose meaning does not depend on what bundler prints. */
const CERTAIN = [10, 23, 31, 127]

/** The remedy for a bundle command that failed. */
export const bundlerRemedy = ({ code, stdout, stderr }: Failed): string | undefined => {
  const known = code === undefined ? undefined : CODES[code]
  if (code !== undefined && CERTAIN.includes(code)) return known
  const text = `${stdout} ${stderr} `.replace(/\s+/g, ' ')
  for (const { output, remedy } of CAUSES) {
    const match = output.exec(text)
    if (match) return remedy(match)
  }
  return known
}
