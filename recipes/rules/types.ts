/** What a rule does when it trips. `route`: where Inspeqtor sends the alert; default: the route without a name. */
export type Action = { readonly do: 'alert'; readonly route?: string } | { readonly do: 'restart' } | { readonly do: 'reload' }

export type Unit = '' | 'k' | 'm' | 'g' | 't' | 'p' | '%'
/** `500m`, `60%`, `10`, `3k/sec`; a k is 1024. */
export interface Amount {
  readonly value: number
  readonly unit: Unit
  readonly perSec: boolean
}

/** `memory:rss`, `load(5)`, `swap` */
export interface Metric {
  readonly family: string
  readonly name?: string
  /** written `family(name)` */
  readonly parens?: true
}

/** A parsed rule: `memory:total_rss > 500m for 2 cycles then restart, alert ops`. */
export interface Rule {
  readonly metric: Metric
  readonly side: '<' | '>'
  readonly amount: Amount
  /** how many cycles in a row; undefined: the first is enough */
  readonly cycles?: number
  readonly then: readonly Action[]
}

/** One file of Inspeqtor's services.d, or host.inq. */
export interface Check {
  /** undefined: the host */
  readonly service?: string
  readonly with: readonly (readonly [key: string, value: string])[]
  readonly expose: readonly string[]
  readonly rules: readonly Rule[]
}
