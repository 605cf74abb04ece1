import type { z } from 'zod'
import type { Absent } from '../values/absent.ts'
import type { LinkedFile } from './linked-file.ts'
import type { Late, OpenVars } from './types.ts'

interface Options {
  /**
   * Whether it may be a function of the stage: as a whole, or each item of a list and each value of an object by itself. Left out: never.
   */
  readonly late?: 'whole' | 'each'
  /**
   * How a layer joins the one below: `keys` overrides key by key, `environment` also joins lists such as PATH. Left out: the value of the
   * layer above replaces the one below, lists included.
   */
  readonly join?: 'keys' | 'environment'
  /** a value, or a function of the application; left out: none */
  readonly default?: unknown
}

/** A setting of the core: its schema once it is not late any more, and how it behaves. */
export interface Setting extends Options {
  readonly schema: z.ZodType
}

type DefaultFor<S extends z.ZodType> = Readonly<z.input<S>> | ((of: { readonly application: string }) => z.input<S>)

/** Declares a setting. */
export const setting = <S extends z.ZodType, const O extends Omit<Options, 'default'> & { readonly default?: DefaultFor<S> }>(
  schema: S,
  options: O,
): { readonly schema: S } & O => ({ schema, ...options })

type ValueOf<T extends Setting> = z.input<T['schema']>
/** In lists, each item may be a function, and in an object each value. `V`: the config's `vars`. */
type LateItems<T, V> = T extends readonly (infer I)[]
  ? readonly Late<LateMembers<I, V> | Absent, V>[]
  : { readonly [K in keyof T]: Late<T[K], V> }
type LateMembers<I, V> = I extends LinkedFile ? LinkedFile<V> : I

/** The type of a setting in a config. `V`: the config's `vars`, for functions. */
export type GivenFor<T extends Setting, V = OpenVars> = T extends { readonly late: 'whole' }
  ? Late<ValueOf<T>, V>
  : T extends { readonly late: 'each' }
    ? LateItems<ValueOf<T>, V>
    : ValueOf<T>

/** The values, in a stage, of the settings that are never late and replace each other. */
export type SettledOf<C extends Readonly<Record<string, Setting>>> = {
  readonly [K in keyof C as C[K] extends { readonly late: string } | { readonly join: string } ? never : K]:
    | ValueOf<C[K]>
    | (C[K] extends { readonly default: {} } ? never : undefined)
}
