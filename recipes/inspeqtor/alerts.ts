import { z } from 'zod'
import type { Secret } from '../../src/index.ts'
import type { Rule } from '../rules/types.ts'

/** The keys that each channel requires. shipit does not check any others. */
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
  z.custom<Secret>((given) => typeof given === 'object' && given !== null && '__secret' in given, 'is a text, a number or a secret()'),
])

export const alertSchema = z
  .strictObject({
    via: z.enum(Object.keys(NEEDED) as [keyof typeof NEEDED]),
    /** the route's name; without one, it takes every alert that names no route */
    to: z
      .string()
      .regex(/^[A-Za-z]\w*$/, 'is a word')
      .optional(),
    with: z.record(z.string().regex(/^[a-z]\w*$/, 'is a word, such as to_email'), value).default({}),
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

/**
 * Alerts that no route would send: Inspeqtor does not start with one. Reports none if `alerts` is empty, since the routes may be in an
 * inspeqtor.conf that is not ours.
 */
export const alertProblems = ({ alerts, services, host }: Given): readonly Issue[] => {
  const routes = alerts.map(({ to }) => to)
  const again = routes.flatMap((to, i): Issue[] =>
    routes.indexOf(to) === i
      ? []
      : [{ path: ['alerts', i], message: `${to === undefined ? 'the route without a name' : `the route ${to}`} is there already` }],
  )
  if (alerts.length === 0) return []
  const of = (path: Issue['path'], rules: readonly Rule[]): Issue[] =>
    rules.flatMap((rule, i) =>
      rule.then.flatMap((action): Issue[] => {
        if (action.do !== 'alert' || routes.includes(action.route)) return []
        const known = routes.flatMap((to) => to ?? [])
        const message =
          action.route === undefined
            ? 'it alerts, and `alerts` has none without a route (`to`)'
            : `there is no route ${JSON.stringify(action.route)} among \`alerts\`${known.length > 0 ? `: ${known.join(', ')}` : ''}`
        return [{ path: [...path, 'rules', i], message }]
      }),
    )
  return [
    ...again,
    ...Object.entries(services).flatMap(([name, { rules }]) => of(['services', name], rules)),
    ...(host === null ? [] : of(['host'], host.rules)),
  ]
}
