import type { StepList } from '../../../src/index.ts'
import type { Context, Manager } from '../manager.ts'
import { MARK } from './ruby/mark.ts'
import { NAMED } from './ruby/processes.ts'
import { LOAD } from './ruby/where.ts'
import { askingBundle } from './run.ts'

/** Marks this deploy in Sidekiq's metrics, by the application's own gem (Sidekiq 7 and later; older ones: a note). Never a failure. */
export const markDeploy = (c: Context, by: Manager): StepList => [
  askingBundle(c, by, `${NAMED}${LOAD}${MARK}`, labelOf(c))
    .title("mark the deploy in Sidekiq's metrics")
    .hint(`the deploy itself is not touched by that; once more: ${c.shipit('sidekiq:mark_deploy')}`)
    .allowFailure(),
]

const labelOf = ({ settings: { deployLabel }, deploy, stage }: Context): string =>
  deployLabel ?? ([deploy.shortRevision, deploy.branch].filter(Boolean).join(' ') || `${stage} ${deploy.release}`.trim())
