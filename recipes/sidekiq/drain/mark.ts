import type { StepList } from '../../../src/index.ts'
import type { Context, Manager } from '../manager.ts'
import { MARK } from './ruby/mark.ts'
import { NAMED } from './ruby/processes.ts'
import { LOAD } from './ruby/where.ts'
import { askingBundle } from './run.ts'

/** Marks this deploy in Sidekiq's metrics, through the application's own gem (before Sidekiq 7: prints a note). Never fails the run. */
export const markDeploy = (c: Context, by: Manager): StepList => [
  askingBundle(c, by, `${NAMED}${LOAD}${MARK}`, labelOf(c))
    .title("mark the deploy in Sidekiq's metrics")
    .hint(`the deploy itself is not touched by that; once more: ${c.shipit('sidekiq:mark_deploy')}`)
    .allowFailure(),
]

const labelOf = ({ settings: { deployLabel }, deploy, stage }: Context): string =>
  deployLabel ?? ([deploy.shortRevision, deploy.branch].filter(Boolean).join(' ') || `${stage} ${deploy.release}`.trim())
