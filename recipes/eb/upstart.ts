import { instances, jobFiles, workersOf } from '../sidekiq/upstart/jobs.ts'
import { quoted } from '../sidekiq/upstart/quote.ts'
import { workersText } from '../sidekiq/upstart/text.ts'
import { inspeqtorFiles } from './inspeqtor.ts'
import type { EbFile, EbPlan } from './plan.ts'
import { quietHook, restartHook, runScript } from './scripts.ts'
import { configText, type OnHost } from './yaml.ts'

const HOOKS = '/opt/elasticbeanstalk/hooks'
const RUN = '/opt/elasticbeanstalk/support/run'
/** a deployment, a change of the environment's properties, and "Restart App Server(s)" */
const KINDS = ['appdeploy', 'configdeploy', 'restartappserver'] as const

/** For the Amazon Linux AMI: one .ebextensions file, which puts the job, its script and the hooks onto the instances. */
export const upstartFiles = (plan: EbPlan): readonly EbFile[] => {
  const name = plan.serviceUnitName
  const all = instances(plan).map(({ words }) => words.join(' '))
  const hooks = (when: 'pre' | 'post', file: string, text: string): OnHost[] =>
    KINDS.map((kind, i) => {
      const path = `${HOOKS}/${kind}/${when}/${file}`
      return i === 0 ? { path, mode: '000755', text } : { path, link: `${HOOKS}/${KINDS[0]}/${when}/${file}` }
    })
  const files: readonly OnHost[] = [
    { path: `${RUN}_${name}`, mode: '000755', text: runScript(plan) },
    ...jobFiles(plan).flatMap(({ name: job, configFile }): OnHost[] => [
      { path: `/etc/init/${job}.conf`, mode: '000644', text: jobText(plan, configFile) },
      ...(plan.processes === 1 ? [] : [{ path: `/etc/init/${workersOf(job)}.conf`, mode: '000644', text: workers(plan, job) }]),
    ]),
    ...hooks('pre', `${plan.prefix}_quiet_${name}`, quietHook(plan, all)),
    ...hooks('post', `${plan.prefix}_restart_${name}`, restartHook(plan, all)),
  ]
  const { replaces } = plan.settings
  return [
    {
      path: `.ebextensions/${plan.prefix}-${name}.config`,
      text: configText(plan.mark, files, {
        [`01_remove_hooks_before_${name}`]: `rm -f ${[
          ...replaces.flatMap((hook) => [`${HOOKS}/${hook}`, `${HOOKS}/${hook}.bak`]),
          ...hookPaths(files).map((path) => `${path}.bak`),
        ].join(' ')}`,
        [`02_reload_jobs_of_${name}`]: 'initctl reload-configuration',
      }),
    },
    ...(plan.settings.inspeqtor ? inspeqtorFiles(plan) : []),
  ]
}

/** cfn-init keeps what it replaces as NAME.bak, with its mode, and the engine would run that too. */
const hookPaths = (files: readonly OnHost[]): readonly string[] =>
  files.map(({ path }) => path).filter((path) => path.startsWith(`${HOOKS}/`))

/** This platform has Upstart 0.6.5, which lacks setuid, reload signal and console log: the script does what they would do. */
const jobText = (plan: EbPlan, configFile: string): string => `# ${plan.mark}
description ${quoted(`${plan.what}${configFile === 'sidekiq.yml' ? '' : ` ${configFile}`}`)}

${plan.processes === 1 ? 'start on runlevel [2345]\n' : ''}stop on runlevel [!2345]
${plan.processes === 1 ? '' : '\ninstance $index\n'}
respawn
respawn limit 3 30
normal exit 0 TERM
kill timeout ${plan.killTimeout}

exec ${RUN}_${plan.serviceUnitName} ${quoted(`config/${configFile}`)}
`

const workers = (plan: EbPlan, name: string): string =>
  workersText({
    mark: plan.mark,
    description: `${plan.what}: ${plan.processes} processes`,
    startOn: 'runlevel [2345]',
    stopOn: 'runlevel [!2345]',
    name,
    count: plan.processes,
  })
