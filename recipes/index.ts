export { bundler } from './bundler.ts'
export { rbenv } from './rbenv.ts'
export { sidekiq } from './sidekiq/index.ts'
