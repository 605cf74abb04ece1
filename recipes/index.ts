export { bundler } from './bundler.ts'
export { sidekiq } from './sidekiq/index.ts'
