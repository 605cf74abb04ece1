import type { Failed } from '../shell/types.ts'
import { moveAside, typed } from '../shell/typed.ts'
import { humanTime } from '../values/duration.ts'
import { path, type Path } from '../values/path.ts'
import { forgetKey, hostKeyName, learnKey, withPath } from './server-address.ts'
import type { RepoStage } from './options.ts'

/** The values that a remedy can refer to. */
export interface GitHintContext {
  readonly stage: RepoStage
  /** the mirror, if the failed command works in it */
  readonly repo?: Path | undefined
  /** the commit to deploy, if known */
  readonly revision?: string | undefined
  /** the total time limit, in milliseconds, of a command that talks to the git server */
  readonly whole?: number
}

interface HintRow {
  /** matches the output of git, in English */
  readonly pattern: RegExp
  readonly remedy: (match: RegExpExecArray, context: GitHintContext) => string
}

/** The most likely remedy for a failed git command, from its output: the first row that matches. */
export const gitHint =
  (context: GitHintContext) =>
  ({ code, stdout, stderr }: Failed): string | undefined => {
    const output = `${stderr}\n${stdout.slice(-4096)}`
    const portHint = code === undefined ? undefined : misplacedPortHint(context.stage.repoUrl ?? '')
    for (const row of ROWS) {
      const match = row.pattern.exec(output)
      if (match)
        return portHint !== undefined && UNREACHED.test(output)
          ? `${portHint}; else: ${row.remedy(match, context)}`
          : row.remedy(match, context)
    }
    return code === undefined ? timeoutHint(context) : undefined
  }

/** The errors that git prints for an address that it misread. */
const UNREACHED = /Could not resolve hostname|Connection refused|timed out|Could not read from remote repository/i

/** How to write an address that has a path in place of its port, or a port in its path; undefined for all others. */
const misplacedPortHint = (url: string): string | undefined => {
  const [, server, path] = /^ssh:\/\/([^/]*):([^/\d[\]:@][^/:@]*\/.*)$/i.exec(url) ?? []
  if (server !== undefined) return `in an ssh:// address the path follows a slash: write ssh://${server}/${path}, or ${server}:${path}`
  const [, host, port, rest] = /^([^/:]+):(\d{2,5})\/(.+)$/.exec(url) ?? []
  return host === undefined ? undefined : `an address like ${host}:PATH has no port: if ${port} is one, write ssh://${host}:${port}/${rest}`
}

/** Four times as long, in the form of a setting. */
const longer = (ms: number): string => {
  const minutes = Math.ceil((ms * 4) / 60_000)
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

/** For a command that a limit ended. The limit of a clone or a fetch applies even if data is still arriving. */
const timeoutHint = (context: GitHintContext): string =>
  context.whole === undefined
    ? silenceHint(context)
    : `it was ended after ${humanTime(context.whole)}, whether or not data was still arriving: if it was, allow more time with --set git.transferTimeout=${longer(context.stage.git.transferTimeout)}; if not, the git server hangs: on that host, try git ls-remote ${typed(context.stage.repoUrl ?? '')}`

const silenceHint = ({ stage: { git, repoUrl } }: GitHintContext): string =>
  `the git server does not answer: on that host, try git ls-remote ${typed(repoUrl ?? '')}; a limit above ${humanTime(git.timeout)} is --set git.timeout=5m`

const mirror = ({ repo }: GitHintContext): string => (repo === undefined ? 'the mirror' : typed(repo))

/** The command to run before the next deploy makes the mirror again. It removes nothing, because somebody may have pushed to the mirror. */
export const moveMirrorAside = (repo: Path): string => moveAside(repo, 'damaged')

/** For git 1.8 to 2.5x, and OpenSSH. The order matters: the first row that matches is the hint. */
const ROWS: readonly HintRow[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    remedy: ({ input }, { stage }) =>
      `the git server's host key is not the one that this host knows: find out why; then, on that host: ${forgetKey(hostKeyName(input, stage.repoUrl ?? ''))}`,
  },
  {
    pattern: /Host key verification failed|host key is known/,
    remedy: ({ input }, { stage }) =>
      `this host does not know the git server's host key: on that host, ${learnKey(hostKeyName(input, stage.repoUrl ?? ''))} (compare it with what the server's operator publishes), or set git: { hostKeys: 'accept-new' }`,
  },
  {
    pattern: /^(.+?) is a link(?: or not a file)?: nothing is written there$/m,
    remedy: ([, file]) => `move it away, on that host: ${moveAside(path(file!), 'before')}`,
  },
  { pattern: /no path specified/, remedy: (_, { stage }) => withPath(stage.repoUrl ?? '') },
  { pattern: /No space left on device|Disk quota exceeded/i, remedy: () => 'the disk of this host is full: df -h shows which one' },
  { pattern: /Git LFS pointer, and this host has no git-lfs/, remedy: () => 'on that host: sudo apt-get install git-lfs' },
  {
    pattern:
      /Git LFS pointer, and the LFS server|Object does not exist on the server|remote missing object|\[404\].*(?:object|lfs)|missing protocol|LFS: .*(?:not found|does not exist)|smudge error/i,
    remedy: () => 'the LFS server does not have the file: where it was committed, git lfs push --all origin',
  },
  {
    pattern: /detected dubious ownership in repository at '(.+?)'/,
    remedy: ([, path]) =>
      `git refuses repositories owned by another account: on that host, git config --global --add safe.directory ${typed(path!)}`,
  },
  {
    pattern:
      /mismatched algorithms|(?:unknown|unsupported|invalid) (?:repository )?(?:object[- ]?format|hash algorithm)|'objectformat' expects/i,
    remedy: (_, { repo }) =>
      repo === undefined
        ? 'git on this host cannot read the object format of the repository (SHA-256 takes git 2.29 or later): on that host, git --version'
        : `the repository has another object format (SHA-1, SHA-256) than ${typed(repo)}, or one that git on this host cannot read: on that host, ${moveMirrorAside(repo)}; the next deploy makes it again`,
  },
  {
    pattern: /Unable to create '(.+?\.lock)'|Unable to create (.+?\.lock): File exists/,
    remedy: ([, quoted, bare]) =>
      `another git is running there, or a killed one left its lock: if none is running on that host, rm -f ${typed(quoted ?? bare ?? '')}`,
  },
  {
    pattern: /could not lock config file (.+?): File exists/,
    remedy: ([, file]) =>
      `another git is running there, or a killed one left its lock: if none is running on that host, rm -f ${typed(`${file}.lock`)}`,
  },
  {
    pattern: /the mirror (.+?) was not free within/,
    remedy: () => 'another stage that shares this repoPath is fetching: wait until it has ended, then deploy again',
  },
  {
    pattern: /Permission denied \((?:publickey|password|keyboard|gssapi|hostbased)/,
    remedy: () =>
      "the git server accepts no key of this host's account: give it a deploy key, or forward your agent to the git steps with ssh: { forwardAgent: 'git' }",
  },
  {
    pattern: /SSL certificate problem|certificate verif|CAfile|unable to get local issuer/i,
    remedy: () => "this host does not trust the git server's certificate: on that host, sudo apt-get install ca-certificates",
  },
  {
    pattern:
      /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Access denied|returned error: 40[13]|Invalid username or/i,
    remedy: (_, { stage }) =>
      stage.repoLogin === undefined
        ? "the git server wants a user and a password: repoUrl: env.secret('REPO_URL') with https://USER:TOKEN@… in that variable"
        : 'the git server refuses the user and the password of repoUrl: has the token expired, or may it not read this repository?',
  },
  {
    pattern:
      /(?:Could not resolve host(?:name)?:?|unable to look up) ?([^\s:]*)|Name or service not known|Temporary failure in name resolution/i,
    remedy: ([, host]) =>
      `this host cannot resolve the name of the git server: on that host, getent hosts ${host?.replace(/[;,.]+$/, '') || 'NAME'}`,
  },
  {
    pattern: /No route to host|Network is unreachable/i,
    remedy: () => 'this host has no route to the git server: check its network and the firewalls in between',
  },
  {
    pattern: /Connection refused/i,
    remedy: () => 'nothing listens at that address, or a firewall refuses: check the host name and the port in repoUrl',
  },
  {
    pattern: /Failed to connect to|Couldn't connect to server/i,
    remedy: () => 'this host cannot connect to that address: check the host name and the port in repoUrl, and the network in between',
  },
  {
    pattern: /(?:nothing came from|timed? ?out)[^]*Git LFS pointer, and its file could not be fetched/i,
    remedy: (_, { stage: { git } }) =>
      `the LFS server does not answer: its address is that of .lfsconfig, or else repoUrl; a limit above ${humanTime(git.timeout)} is --set git.timeout=5m`,
  },
  {
    pattern: /timed out|Operation too slow|not responding|Timeout, server|nothing came from the git server/i,
    remedy: (_, context) => silenceHint(context),
  },
  {
    pattern: /transport '(.+?)' not allowed|Unable to find remote helper for '(.+?)'|remote-([\w+.-]+)' is not a git command/,
    remedy: ([, refused, missing, old]) =>
      refused === undefined
        ? `git on this host cannot speak ${missing ?? old}: repoUrl must be ssh://, https://, git:// or a path`
        : `git on this host may not use ${refused}: check protocol.allow in its config`,
  },
  { pattern: /cannot run ssh|ssh: not found/, remedy: () => 'this host has no ssh: sudo apt-get install openssh-client' },
  {
    pattern:
      /shallow roots are not allowed|source repository is shallow|shallow update not allowed|from a shallow repository|shallow file has changed/,
    remedy: () => 'the repository you deploy from is a shallow clone: git fetch --unshallow there',
  },
  {
    pattern: /no commit|not our ref|unadvertised object|find remote ref|Server does not allow request/i,
    remedy: (_, { revision }) => `the repository has no commit ${revision ?? 'of that name'}: was it pushed?`,
  },
  {
    pattern:
      /insufficient permission|(?:could not|unable to|cannot|failed to) (?:create|open|mkdir|write|rename|lock|make)[^\n]*: Permission denied|mkdir: [^\n]*Permission denied|error opening [^\n]*Permission denied/i,
    remedy: (_, context) => `this account may not write there: on that host, sudo chown -R "$(id -un)" ${mirror(context)}`,
  },
  {
    pattern:
      /object file .* is empty|cannot read existing object|SHA1 COLLISION FOUND|invalid object \d+ [0-9a-f]{40}|cannot read '[0-9a-f]{40}'|(?:loose )?object .*is corrupt|packfile .*(?:cannot be accessed|corrupt|invalid|mismatch)|index file .*(?:corrupt|too small|is non-monotonic)|inflate:|SHA1 mismatch|hash mismatch|bad (?:object|tree|sha1|signature|ref)|unable to (?:read|parse|find) (?:tree|[0-9a-f]{40})|missing (?:blob|tree|commit|necessary objects)|could not parse|not a valid object|not a tree object|file .*\.pack.* (?:truncated|too short)|did not send all necessary objects|Could not read [0-9a-f]{40}|unresolved deltas|reference broken|bad packed/i,
    remedy: (_, context) =>
      context.repo === undefined
        ? 'the repository is damaged: git fsck there shows how'
        : `the mirror is damaged: on that host, ${moveMirrorAside(context.repo)}; the next deploy makes it again`,
  },
  {
    pattern: /Git LFS pointer, and its file could not be fetched/,
    remedy: () => 'git-lfs printed the reason above; the address is that of .lfsconfig, or else repoUrl',
  },
  {
    pattern:
      /does not appear to be a git repository|Repository not found|repository '.*' (?:not found|does not exist)|not found: did you run|returned error: 404|could not be found|No such (?:project|repository)|not a git repository|invalid gitfile format/i,
    remedy: (_, { stage }) =>
      local(stage.repoUrl)
        ? `there is no repository at ${stage.repoUrl} on this host, or this account may not read it: an address without a server is a path on that host`
        : 'the git server has no such repository, or does not show it to this host: check repoUrl, and what this host may read',
  },
  {
    pattern:
      /Connection (?:closed|reset) by|kex_exchange_identification|hung up unexpectedly|early EOF|Could not read from remote repository|unable to access/i,
    remedy: (_, { stage }) =>
      `the git server ended the connection: on that host, try git ls-remote ${typed(stage.repoUrl ?? '')}; with many hosts, --set git.limit=2`,
  },
]

const local = (url: string | undefined): boolean => url !== undefined && (/^(\/|\.|~|file:)/i.test(url) || !/[:@]/.test(url))
