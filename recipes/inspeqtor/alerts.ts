import { z } from 'zod'
import type { Secret } from '../../src/index.ts'
import type { Rule } from '../rules/index.ts'

/** The keys that each channel requires. shipit does not check others. */
const NEEDED = {
  email: ['username', 'password', 'smtp_server', 'to_email'],
  gmail: ['username', 'password', 'to_email'],
  slack: ['url'],
  hipchat: [],
  flowdock: [],
  campfire: [],
  null: [],
} as const

const value = z.union([
  // oxlint-disable-next-line no-control-regex
  z.string().regex(/^[^\u0000-\u001f"]*$/, 'has a quote or a line break, which Inspeqtor cannot read'),
  z.number().int(),
  z.custom<Secret>((given) => typeof given === 'object' && given !== null && '__secret' in given, 'must be a text, a number or a secret()'),
])

export const alertSchema = z
  .strictObject({
    /** The channel. */
    via: z.enum(Object.keys(NEEDED) as [keyof typeof NEEDED]),
    /** The name of the route. Without a name, the route takes every alert that names none. */
    to: z
      .string()
      .regex(/^[A-Za-z]\w*$/, 'must be a word')
      .optional(),
    /**
     * What the channel needs. Use `secret()` for what must not be printed.
     * @example { to_email: 'ops@example.com' }
     */
    with: z.record(z.string().regex(/^[a-z]\w*$/, 'must be a word, such as to_email'), value).default({}),
  })
  .superRefine(({ via, with: given }, context) => {
    const missing = NEEDED[via].filter((key) => !(key in given))
    if (missing.length > 0) context.addIssue({ code: 'custom', path: ['with'], message: `${via} also needs ${missing.join(', ')}` })
  })
type Alert = z.output<typeof alertSchema>

interface Given {
  readonly alerts: readonly Alert[]
  readonly services: Readonly<Record<string, { readonly rules: readonly Rule[] }>>
  readonly host: { readonly rules: readonly Rule[] } | null
}
interface Issue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Alerts that no route would send: Inspeqtor does not start with one. Without `alerts`, the routes may be in a file that is not ours. */
export const alertProblems = ({ alerts, services, host }: Given): readonly Issue[] => {
  if (alerts.length === 0) return []
  const routes = alerts.map(({ to }) => to)
  const duplicates = routes.flatMap((to, i): Issue[] =>
    routes.indexOf(to) === i ? [] : [{ path: ['alerts', i], message: `the route ${to ?? 'without a name'} is defined twice` }],
  )
  const rulesOf = (path: Issue['path'], rules: readonly Rule[]) => rules.map(({ then }, i) => ({ path: [...path, 'rules', i], then }))
  const all = [
    ...Object.entries(services).flatMap(([name, { rules }]) => rulesOf(['services', name], rules)),
    ...rulesOf(['host'], host?.rules ?? []),
  ]
  const names = routes.filter((to) => to !== undefined).join(', ')
  const missing = all.flatMap(({ path, then }) =>
    then.flatMap((action): Issue[] => {
      if (action.do !== 'alert' || routes.includes(action.route)) return []
      if (action.route === undefined) return [{ path, message: 'it alerts without a route, and `alerts` has no entry without `to`' }]
      return [{ path, message: `\`alerts\` has no route ${JSON.stringify(action.route)}${names === '' ? '' : `: ${names}`}` }]
    }),
  )
  return [...duplicates, ...missing]
}
