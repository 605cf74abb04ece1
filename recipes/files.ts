/** The file of each recipe. In a build each is a file of its own: {@link chunkOf}. */
export const RECIPES = {
  bundler: './bundler.ts',
  eb: './eb/index.ts',
  inspeqtor: './inspeqtor/index.ts',
  monit: './monit/index.ts',
  puma: './puma/index.ts',
  rails: './rails/index.ts',
  rbenv: './rbenv.ts',
  sidekiq: './sidekiq/index.ts',
  systemd: './systemd/index.ts',
} as const

/** The same for the parts that your own recipes are made of. */
export const PARTS = {
  systemdService: './systemd/own-service.ts',
  systemdSettings: './systemd/own-service.ts',
} as const

/** The recipes among what `shipit-ts/recipes` exports: what `use` can name. */
export const onlyRecipes = <T>(all: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(RECIPES, name)))

/** The name of a file in a build, without its suffix: `recipe-puma`, `recipe-systemd-own-service`. */
export const chunkOf = (file: string): string =>
  `recipe-${file
    .replace(/^\.\//, '')
    .replace(/(\/index)?\.ts$/, '')
    .replaceAll('/', '-')}`
