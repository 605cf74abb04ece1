import type { LoadedConfig } from '../../config/raw-config.ts'
import { layerRecipes } from '../../config/recipes.ts'
import type { Options } from '../global-options.ts'
import { loadProject } from './load-project.ts'
import { requireStage } from './require-stage.ts'
import { settleStage } from './settle-stage.ts'

/** The config, and whether the stage has a task with this name, of its own or of a recipe. */
export const findOwnTask = async (options: Options, task: string): Promise<{ readonly loaded: LoadedConfig; readonly found: boolean }> => {
  const project = await loadProject(options)
  requireStage(project, options)
  const [name = ''] = options.words
  const { stage, loaded } = await settleStage(project, name)
  const found =
    Object.hasOwn({ ...loaded.config.tasks, ...stage.tasks }, task) ||
    layerRecipes(loaded.config, stage, name).some(({ recipe }) => Object.hasOwn(recipe.definition.tasks ?? {}, `:${task}`))
  return { loaded, found }
}
