import { RECIPES } from '../../../../recipes/files.ts'
import { codeText, keyText, listText } from '../code-text.ts'
import type { Parts } from '../parts.ts'
import { distinctNames, taskName } from '../task-name.ts'
import type { Live, LiveService } from './live-application.ts'
import { sidekiqUses, type SidekiqUse } from './sidekiq-uses.ts'

/** What services become in a config, and the roles that the servers then have. */
export interface ServiceParts {
  readonly recipes: Parts['recipes']
  /** by the name of a server; empty: each server has every role */
  readonly roles: ReadonlyMap<string, readonly string[]>
  /** what the recipes do not do, as sentences */
  readonly notes: readonly string[]
}

/** No services. */
export const NO_SERVICES: ServiceParts = { recipes: [], roles: new Map(), notes: [] }

/** One recipe, or one entry of `systemd()`, for units that are on the same servers. */
interface Piece {
  readonly on: readonly string[]
  /** the role that the recipe has without a setting */
  readonly role: string
  readonly recipe: 'puma' | 'sidekiq' | 'systemd'
  /** what the recipe does not do */
  readonly note?: string | undefined
  /** `role`: undefined if the default does */
  readonly code: (role: string | undefined) => string
}

/** The recipes for these services. Their units keep their names, and shipit writes none of them. */
export const serviceParts = (live: Pick<Live, 'on'>, services: readonly LiveService[]): ServiceParts => {
  const pieces = namedPieces(services)
  const differ = pieces.some(({ on }) => on.length < live.on.length)
  const placed = withRoles(pieces)
  const codes = (recipe: Piece['recipe']): string[] =>
    placed.flatMap(({ piece, role }) => (piece.recipe === recipe ? [piece.code(differ && role !== piece.role ? role : undefined)] : []))
  const entries = placed.flatMap(({ piece, role }) => (piece.recipe === 'systemd' ? [piece.code(differ ? role : undefined)] : []))
  const recipes: Parts['recipes'] = [
    ...codes('puma').map((code) => ({ name: 'puma', code: [code] })),
    ...codes('sidekiq').map((code) => ({ name: 'sidekiq', code: [code] })),
    ...(entries.length > 0
      ? [{ name: 'systemd', code: ['systemd({', '  services: {', ...entries.map((entry) => `    ${entry}`), '  },', '}),'] }]
      : []),
  ]
  const rolesOf = (host: string): readonly string[] => [
    'app',
    ...new Set(placed.flatMap(({ piece, role }) => (piece.on.includes(host) ? [role] : []))),
    ...(host === live.on[0] ? ['db'] : []),
    // what compiles assets does so for the web, wherever that runs
    ...(placed.some(({ role }) => role === 'web') ? [] : ['web']),
  ]
  return {
    recipes,
    notes: pieces.flatMap(({ note }) => note ?? []),
    roles: new Map(differ ? live.on.map((host) => [host, [...new Set(rolesOf(host))]]) : []),
  }
}

const namedPieces = (services: readonly LiveService[]): readonly Piece[] => {
  const [useName, serviceName] = [distinctNames(Object.keys(RECIPES)), distinctNames([])]
  const of = (runs: LiveService['runs']) => services.filter((one) => one.runs === runs)
  const puma = of('puma')
  const plain = puma.length === 1 && isPlainPuma(puma[0]!) ? puma : []
  const groups = [...Map.groupBy(of('sidekiq'), ({ scope, on }) => `${scope} ${on.join(' ')}`).values()].map(sidekiqUses)
  const uses = groups.flatMap((group) => group.uses)
  const rest = [...puma.filter((one) => !plain.includes(one)), ...groups.flatMap((group) => group.rest), ...of('other')]
  return [
    ...plain.map(pumaPiece),
    ...uses.map((use, i) => sidekiqPiece(use, i === 0 ? undefined : useName(taskName(use.settings.serviceUnitName)))),
    ...[
      ...Map.groupBy(
        rest,
        ({ scope, name, on, sockets }) => `${scope} ${on.join(' ')} ${sockets.length > 0 ? name : name.replace(/@.*/, '')}`,
      ).values(),
    ].map((units) => systemdPiece(units, serviceName(taskName(units[0]!.name.replace(/(@[^@]*)?\.service$/, ''))))),
  ]
}

/** `puma()` has one service, and at most one socket. */
const isPlainPuma = ({ name, sockets }: LiveService): boolean => !name.includes('@') && sockets.length <= 1

const pumaPiece = ({ name, scope, sockets: [socket], on }: LiveService): Piece => ({
  on,
  role: 'web',
  recipe: 'puma',
  code: (role) =>
    `puma({ ${[
      ...(name === 'puma.service' ? [] : [`serviceUnitName: ${codeText(bare(name))}`]),
      `serviceUnitUser: ${codeText(scope)}`,
      ...(socket === undefined ? [] : [`socket: ${bare(name) === socket.replace(/\.socket$/, '') ? 'true' : codeText(socket)}`]),
      ...(role === undefined ? [] : [`roles: ${listText([role])}`]),
    ].join(', ')} }),`,
})

const sidekiqPiece = ({ settings: s, units }: SidekiqUse, name: string | undefined): Piece => ({
  on: units[0]!.on,
  role: 'worker',
  recipe: 'sidekiq',
  code: (role) =>
    `sidekiq({ ${[
      ...(s.serviceUnitName === 'sidekiq' ? [] : [`serviceUnitName: ${codeText(s.serviceUnitName)}`]),
      `serviceUnitUser: ${codeText(units[0]!.scope)}`,
      ...(s.configFiles.length > 1 ? [`configFiles: ${listText(s.configFiles)}`] : []),
      ...(s.processes > 1 ? [`processes: ${s.processes}`] : []),
      ...(role === undefined ? [] : [`roles: ${listText([role])}`]),
    ].join(', ')} }${name === undefined ? '' : `, { name: ${codeText(name)} }`}),`,
})

const systemdPiece = (units: readonly LiveService[], name: string): Piece => {
  const [{ scope, on, sockets, name: first }] = units as readonly [LiveService]
  const all = [...sockets, ...units.map((one) => bare(one.name))]
  return {
    on,
    role: name,
    recipe: 'systemd',
    note:
      units[0]!.runs === 'sidekiq'
        ? `${units.map((one) => one.name).join(', ')}: sidekiq() names its units otherwise, so systemd() restarts these, and does not quiet them before`
        : undefined,
    code: (role) =>
      `${keyText(name)}: { ${[
        ...(all.length > 1 ? [`units: ${listText(all)}`] : bare(first) === name ? [] : [`unit: ${codeText(bare(first))}`]),
        ...(role === undefined ? [] : [`on: ${codeText(role)}`]),
        `serviceUnitUser: ${codeText(scope)}`,
        "after: { 'deploy:published': 'restart' }",
      ].join(', ')} },`,
  }
}

/** Two recipes for different servers need two roles, the second one by a setting. */
const withRoles = (pieces: readonly Piece[]): readonly { readonly piece: Piece; readonly role: string }[] => {
  const servers = new Map<string, string>()
  return pieces.map((piece) => {
    const on = piece.on.join(' ')
    let role = piece.role
    for (let i = 2; servers.has(role) && servers.get(role) !== on; i++) role = `${piece.role}-${i}`
    servers.set(role, on)
    return { piece, role }
  })
}

const bare = (unit: string): string => unit.replace(/\.service$/, '')
