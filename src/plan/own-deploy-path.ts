import type { Stage } from '../tasks/stage.ts'

/**
 * A deployTo for the config that no two stages share, made of the one they share: `~/one` becomes `~/one_${stage}`. `anybody`: applications
 * of other configs may have the place, so that it has to name the application.
 */
export const suggestDeployTo = ({ application, deployTo }: Pick<Stage, 'application' | 'deployTo'>, withApplication = false): string => {
  const at = deployTo.lastIndexOf('/') + 1
  const replacesName = withApplication || deployTo.slice(at) === application
  const parent = (replacesName ? deployTo.slice(0, at) : deployTo).replaceAll(/[`\\]|\$(?=\{)/g, '\\$&')
  return `deployTo: ({ ${replacesName ? 'application, ' : ''}stage }) => \`${parent}${replacesName ? '${application}' : ''}_\${stage}\``
}
