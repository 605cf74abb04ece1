import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gemsIn } from '../../../src/cli/init/gems.ts'

const GEMFILE = `source 'https://gems.example.com'
ruby '3.4.1'
gem 'rails', '~> 8.0'
gem("puma", require: false)
# gem 'passenger'
group :development, :test do
  gem 'debug'
  platforms :mri do
    gem 'byebug'
  end
end
group :production, :test do
  gem 'redis'
end
gem 'rspec', group: :test
gem 'listen', groups: [:development, :test]
gem 'sidekiq', groups: [:production, :development]
if ENV['X']
  gem 'extra'
end
group 'development' do
  gem 'redis'
end
gem 'last'
`

test('gemsIn() leaves out what only development and tests have', () => {
  assert.deepEqual([...gemsIn(GEMFILE, undefined)].sort(), ['extra', 'last', 'puma', 'rails', 'redis', 'sidekiq'])
})

test('gemsIn() takes the gems of a lock file, also those that no Gemfile names', () => {
  const lock = 'GEM\n  specs:\n    byebug (1)\n    puma (6)\n      nio4r (2)\n    railties (8)\n    rspec (3)\n'
  assert.deepEqual([...gemsIn(GEMFILE, lock)].sort(), ['puma', 'railties'])
  assert.deepEqual([...gemsIn(undefined, lock)].sort(), ['byebug', 'puma', 'railties', 'rspec'])
})
