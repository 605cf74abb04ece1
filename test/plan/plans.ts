import type { Plan } from '../../src/plan/types.ts'
import type { Command } from '../../src/shell/types.ts'
import { makeHosts } from './support.ts'

/** A plan of one wave with one task, `go`, on these hosts. */
export const planOf = (stepsOf: (host: string) => readonly Command[], names: readonly string[] = ['a', 'b']): Plan => {
  const { hosts } = makeHosts(Object.fromEntries(names.map((name) => [name, {}])))
  return {
    waves: [
      {
        kind: 'steps',
        title: 'go',
        tasks: ['go'],
        hosts,
        barrier: '|checked',
        policy: 'finish',
        published: false,
        lanes: hosts.map((host) => ({
          host,
          chunks: [{ tasks: [{ name: 'go', steps: stepsOf(host.name) }], limit: undefined, agent: false }],
        })),
      },
    ],
  }
}
