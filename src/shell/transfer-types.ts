import type { UploadContent } from './upload-content.ts'

/** What `rsync()` copies. */
export interface RsyncSpec {
  /** `send`: from this machine to the host */
  readonly direction: 'send' | 'fetch'
  /** the file or folder of this machine, as written: a slash at its end means its contents */
  readonly here: string
  /** the folder that `here` is relative to: that of the config */
  readonly base?: string
  /** the file or folder on the host, as written */
  readonly there: string
  readonly delete: boolean
  /** patterns of `rsync --exclude` */
  readonly exclude: readonly string[]
  readonly checksum: boolean
  readonly compress: boolean
  /** octal: what modes lose on the host */
  readonly umask?: string
  /** what a plan shows of the source here, if it is not an ordinary one: `not there yet` */
  readonly summary?: string
}

/** What `download()` fetches from where. */
export interface DownloadSpec {
  /** the file or folder on the host, as written */
  readonly from: string
  /** its place on this machine, as written */
  readonly to: string
  /** the folder that `to` is relative to: that of the config */
  readonly base?: string
  /** paths inside a folder that are left alone */
  readonly exclude: readonly string[]
  /** of a linked file: the mode that it has here, 0600 for a new one, and not the host's */
  readonly ownMode?: true
  /** as root: through sudo, or directly if the login is root */
  readonly sudo: boolean
}
/** What `upload()` sends where. */
export interface UploadSpec {
  /** a file or folder of this machine, as written; of content what it is: `1.2 kB`, `a stream` */
  readonly from: string
  /** what is sent instead of a file of this machine */
  readonly content?: UploadContent
  /** the folder that it is relative to: that of the config */
  readonly base?: string
  /** the file or folder on the host, as written */
  readonly to: string
  /** removes what is in the folder on the host and not here */
  readonly delete: boolean
  /** paths inside a folder that are neither sent nor removed */
  readonly exclude: readonly string[]
  /** octal, for every file; undefined: as it is here, without what `umask` takes */
  readonly mode: string | undefined
  /** octal */
  readonly umask?: string
  readonly owner: string | undefined
  /** as root: through sudo, or directly if the login is root */
  readonly sudo: boolean
  readonly when: 'changed' | 'missing'
  /**
   * Of a linked file: its path in shared, and where the file that it replaces is kept, with a time after it. Its mode and owner stay, and a
   * link in its place is refused.
   */
  readonly linked?: { readonly path: string; readonly keep: string }
  /** what a plan shows of it: `12 files, 3.4 MB`, a line for each file, and what the host has in their place */
  readonly summary?: { readonly size: string; readonly files: readonly string[]; readonly there?: UploadState }
}
/** What a host has in the place of an upload, as a plan finds it. */
export type UploadState =
  /** `new`: nothing is there; `new release`: its place is in the release that this run makes; `same`: nothing would be done */
  | { readonly state: 'new' | 'new release' | 'same' }
  | {
      readonly state: 'differs'
      /** files that differ, and files that are missing; how many bytes both are here */
      readonly changed: number
      readonly missing: number
      readonly bytes: number
      /** what only gets another mode or owner, and what `delete` removes */
      readonly adjusted: number
      readonly removed: number
    }
  /** it would be refused as things are, and why */
  | { readonly state: 'refused'; readonly message: string }
  /** and why */
  | { readonly state: 'not known' | 'not compared'; readonly message: string }
