import { inside } from '../../src/index.ts'
import type { Command, Path } from '../../src/index.ts'
import type { Context } from './rake.ts'
import type { Settings } from './settings.ts'

/** The assets folder in a release. */
export const folder = ({ settings: { assetsPrefix } }: { readonly settings: Settings }): string => `public/${assetsPrefix}`

/** The shared folder that it links to. */
export const sharedFolder = (c: Context): Path => c.paths.shared.join(folder(c))

/** Lets a command write into the assets folder of a release, although it is a link into shared: we made that link. */
export const into = (c: Context, release: Path, command: Command): Command => {
  const dir = folder(c)
  return inside(
    { ...c, paths: { ...c.paths, release }, linkedDirs: [...c.linkedDirs, dir] },
    [{ path: dir, how: 'fill', why: 'and rails() puts the manifest of the assets there' }],
    command,
  )
}

/** Problems if the assets folder cannot be a link of its own. All of `public` may be linked: the folder is in shared then. */
export const misplaced = (settings: Settings, linkedDirs: readonly string[], linkedFiles: readonly string[]): readonly string[] => {
  const dir = folder({ settings })
  const around = linkedDirs.find((linked) => linked !== 'public' && dir.startsWith(`${linked}/`))
  const file = linkedFiles.find((linked) => dir === linked || dir.startsWith(`${linked}/`))
  return [
    ...(around === undefined
      ? []
      : [
          `assetsPrefix is "${settings.assetsPrefix}": ${dir} lies in "${around}", which linkedDirs links as a whole; ` +
            `link the folders beside ${dir} in ${around} instead, each by itself`,
        ]),
    ...(file === undefined ? [] : [`assetsPrefix is "${settings.assetsPrefix}": ${dir} is a directory, and "${file}" is a linked file`]),
  ]
}
