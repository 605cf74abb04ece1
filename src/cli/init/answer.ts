import { CONFIG_FILES } from '../../config/find.ts'
import { config as configSchema } from '../../config/schema.ts'
import { schemas } from '../../settings/derived.ts'
import { problemsOf } from '../../settings/zod-problems.ts'
import type { Ask } from './ask.ts'
import type { Findings } from './look.ts'
import { foldersIn, likelyFolder, liveIn, type Live, type LiveService } from './server/live-application.ts'
import { liveLines } from './server/found-text.ts'
import type { ServerLook } from './server/look.ts'

/** What was answered about the application. */
export interface Answered {
  readonly application: string
  readonly repoUrl: string
  readonly branch: string
  readonly deployTo: string
  /** what is live in that folder */
  readonly live: Live | undefined
  readonly linkedFiles: readonly string[] | undefined
  readonly linkedDirs: readonly string[] | undefined
  readonly keepReleases: number | undefined
  readonly services: readonly LiveService[]
  /** what is still to be decided, as sentences */
  readonly open: readonly string[]
}

interface Asking {
  readonly found: Findings
  readonly look: ServerLook | undefined
  readonly ask: Ask
  /** shows lines before the questions about them */
  readonly show: (lines: readonly string[]) => void
  /** of the screen */
  readonly columns: number
}

/** What init writes. */
export const FILE = CONFIG_FILES[0]!
/** Not a server of anybody (RFC 2606). */
export const SERVER_PLACEHOLDER = 'deploy@server.example.com'
export const repoPlaceholder = ({ application }: Pick<Findings, 'application'>): string => `git@github.com:example/${application}.git`

const schema = {
  application: configSchema.shape.application,
  branch: schemas.branch,
  repoUrl: schemas.repoUrl,
  deployTo: schemas.deployTo,
}

/** Asks for what a config needs, and proposes what was found in the project and on the servers. */
export const answerAll = async ({ found, look, ask, show, columns }: Asking): Promise<Answered> => {
  const checked = (key: keyof typeof schema) => (text: string) => problemsOf(schema[key], text)[0]?.message
  const valid = (key: keyof typeof schema, text: string | undefined) =>
    text === undefined || checked(key)(text) !== undefined ? undefined : text
  const first = liveOf(look, { application: found.application, repoUrl: found.remote.url })
  const proposedName = valid('application', first?.owner?.application) ?? found.application
  const application = await ask({ message: 'Application', proposal: proposedName, problem: checked('application') })
  const repoProposal = valid('repoUrl', found.remote.url) ?? valid('repoUrl', first?.remote.url) ?? repoPlaceholder(found)
  const repoUrl = await ask({ message: 'Repository', proposal: repoProposal, problem: checked('repoUrl') })
  const branch = await ask({
    message: 'Branch',
    proposal: valid('branch', found.branch) ?? valid('branch', first?.branch) ?? 'main',
    problem: checked('branch'),
  })
  const likely = first ?? liveOf(look, { application, repoUrl })
  const proposal = likely?.deployTo ?? `/var/www/${application}`
  const deployTo = await ask({ message: 'Directory on the servers', proposal, problem: checked('deployTo') })
  const live = look && liveIn(look, deployTo.replace(/(?<=.)\/+$/, ''))
  const plain = { application, repoUrl, branch, deployTo, open: live === undefined ? openFolders(look, deployTo) : [] }
  if (live === undefined) return { ...plain, live, linkedFiles: undefined, linkedDirs: undefined, keepReleases: undefined, services: [] }
  show(liveLines(live, columns))
  return { ...plain, live, ...(await answerLive(live, ask)) }
}

const liveOf = (look: ServerLook | undefined, known: { application: string; repoUrl: string | undefined }): Live | undefined => {
  const folder = look && likelyFolder(look, known)
  return folder === undefined ? undefined : liveIn(look!, folder)
}

/** Applications are there, and which one is meant is not known. */
const openFolders = (look: ServerLook | undefined, deployTo: string): readonly string[] => {
  const folders = look === undefined ? [] : foldersIn(look)
  return folders.length === 0
    ? []
    : [
        `deployTo is ${deployTo}, where nothing is deployed yet; applications are in ${folders.join(', ')}: put one of these there, if it is this one`,
      ]
}

/** Of a list, the answer that takes nothing. */
const NONE = '-'

const answerLive = async (live: Live, ask: Ask): Promise<Pick<Answered, 'linkedFiles' | 'linkedDirs' | 'keepReleases' | 'services'>> => {
  const list = async (
    message: string,
    proposal: readonly string[],
    problem: (answer: readonly string[]) => string | undefined,
  ): Promise<readonly string[]> => {
    if (proposal.length === 0) return []
    return itemsIn(
      await ask({ message: `${message} (${NONE}: none)`, proposal: proposal.join(', '), problem: (text) => problem(itemsIn(text)) }),
    )
  }
  const linkedFiles = await list('Linked files', live.linkedFiles, (all) => problemsOf(schemas.linkedFiles, all)[0]?.message)
  const linkedDirs = await list('Linked dirs', live.linkedDirs, (all) => problemsOf(schemas.linkedDirs, all)[0]?.message)
  const keepReleases =
    live.keepReleases === undefined
      ? undefined
      : Number(
          await ask({
            message: 'Releases to keep',
            proposal: String(live.keepReleases),
            problem: (text) => problemsOf(schemas.keepReleases, Number(text))[0]?.message,
          }),
        )
  const offered = live.services.filter(({ left }) => left === undefined)
  const names = [...new Set(offered.map(({ name }) => name))]
  const wanted = await list('Services to restart', names, (all) => {
    const unknown = all.find((name) => !names.includes(name))
    return unknown === undefined ? undefined : `${unknown} is not one of ${names.join(', ')}`
  })
  return { linkedFiles, linkedDirs, keepReleases, services: offered.filter(({ name }) => wanted.includes(name)) }
}

const itemsIn = (text: string): readonly string[] =>
  text.trim() === NONE
    ? []
    : text
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
