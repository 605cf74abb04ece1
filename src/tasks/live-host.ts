import type { Host } from '../inventory/types.ts'
import type { DownloadOptions } from '../shell/download.ts'
import type { Command, ShValue } from '../shell/types.ts'
import type { RemotePlace, RsyncOptions } from '../shell/rsync.ts'
import type { UploadOptions } from '../shell/upload.ts'
import type { ByteStream, OpenStream } from '../shell/upload-content.ts'
import type { WriteOptions } from '../shell/write.ts'
import type { Path } from '../values/path.ts'
import type { Secret } from '../values/secret.ts'
import type { Result } from './context-values.ts'
import type { Tunnel } from './tunnel.ts'
import type { StepList } from './step-list.ts'

/** A host in a `run` task. Each call is one round trip. */
export interface Shell {
  /** Fails the task if the command fails. */
  run(command: Command): Promise<Result>
  run(template: TemplateStringsArray, ...values: ShValue[]): Promise<Result>
  /** true on exit 0; exit 126 and up is an error */
  test(command: Command): Promise<boolean>
  test(template: TemplateStringsArray, ...values: ShValue[]): Promise<boolean>
  /** stdout without its last newline; throws if the command fails */
  capture(command: Command): Promise<string>
  capture(template: TemplateStringsArray, ...values: ShValue[]): Promise<string>
}

/** A machine in a `run` task, with files: this one, or a host. */
export interface LocalShell extends Shell {
  /** a list of steps as in a `steps` task, compiled and sent at once */
  steps(list: StepList): Promise<void>
  /** The text of a file, all of it; throws if it cannot be read. */
  read(file: Path | string, o?: { readonly encoding?: 'utf8' }): Promise<string>
  /** The bytes of a file, all of them. */
  read(file: Path | string, o: { readonly encoding: 'buffer' }): Promise<Buffer>
  /** Writes a file, like the step of the same name. */
  write(to: Path | string, content: string | Secret, options?: WriteOptions): Promise<void>
}

/** A host in a `run` task, with what tasks know of it (`name`, `roles`, `vars` …), to which files can be sent. */
export interface LiveHost<V = Record<string, unknown>> extends LocalShell, Host<V> {
  /**
   * Sends a file or a folder of this machine, like the step of the same name; or the content of a file: bytes, a stream, or a function that
   * opens one.
   */
  upload(from: string | Uint8Array | ByteStream | OpenStream, to: Path | string, options?: UploadOptions): Promise<void>
  /** Fetches a file or a folder of the host, like the step of the same name. */
  download(from: Path | string, to: string, options?: DownloadOptions): Promise<void>
  /** Copies files with rsync, to the host or back, like the step of the same name. */
  rsync(from: string | RemotePlace, to: string | RemotePlace, options?: RsyncOptions): Promise<void>
  /**
   * Opens a port on this machine whose clients reach an address as the host sees it, through its connection: `{ to: '127.0.0.1:5432' }`. It
   * is closed with the task. Any account of this machine can connect to it, as with `ssh -L`.
   */
  forward(o: { readonly to: string }): Promise<Tunnel>
}
