import type { EbFile, EbPlan } from './plan.ts'
import { configText, word } from './ebextensions.ts'

/**
 * Inspeqtor gets its own files: within one file packages come before commands, but the repository must exist before the package, and the
 * job before the rules about it. The job's process is Sidekiq, so Inspeqtor measures Sidekiq's memory.
 */
export const inspeqtorFiles = (plan: EbPlan): readonly EbFile[] => {
  const name = plan.serviceUnitName
  const path = (what: string) => `.ebextensions/${plan.prefix}-${what}.config`
  const script = '/tmp/inspeqtor-repository'
  return [
    {
      path: path('inspeqtor-1-repository'),
      text: configText(plan.header, [], {
        '01_inspeqtor_repository': `curl -fsSL -o ${script} ${word(plan.settings.inspeqtorRepo)} && /bin/bash ${script}`,
      }),
    },
    { path: path('inspeqtor-2-package'), text: `# ${plan.header}\npackages:\n  yum:\n    nc: []\n    inspeqtor: []\n` },
    {
      // `_` sorts after the `.` in the name of the job's file
      path: path(`${name}_inspeqtor`),
      text: configText(plan.header, [{ path: `/etc/inspeqtor/services.d/${name}.inq`, mode: '000644', text: rules(plan) }], {
        // stopping may fail, since it may not be running; if it does not start, the deployment fails
        '01_restart_inspeqtor': 'initctl stop inspeqtor; initctl start inspeqtor && initctl status inspeqtor | grep -q start/running',
      }),
    },
  ]
}

const rules = (plan: EbPlan): string => `# ${plan.header}
check service ${plan.serviceUnitName}
  if memory:rss > 500m then restart
  if cpu:user > 60% for 2 cycles then restart
`
