import type { Stage } from '../../stage.ts'

/** The built-in tasks that bring the code. */
const SOURCE = ['git:check', 'git:clone', 'git:update', 'git:create_release']

/** Whether the config, or a recipe, has a task of its own in the place of this one. */
const isReplaced = (stage: Pick<Stage, 'tasks' | 'recipes'>, name: string): boolean =>
  Object.hasOwn(stage.tasks, name) || stage.recipes.some(({ recipe }) => Object.hasOwn(recipe.definition.tasks ?? {}, `:${name}`))

/** Whether shipit's own git brings some of the code. Where it does not, no host is asked for the repository. */
export const bringsCode = (stage: Pick<Stage, 'tasks' | 'recipes'>): boolean => SOURCE.some((name) => !isReplaced(stage, name))

/** Whether shipit's own tasks see to it that the mirror has the commit. */
export const keepsMirror = (stage: Pick<Stage, 'tasks' | 'recipes'>): boolean =>
  !isReplaced(stage, 'git:clone') && !isReplaced(stage, 'git:update')
