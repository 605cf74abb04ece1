# gems.rb TARGET [DEBS]: packs the gems that Debian installed for Sidekiq, and those of packages unpacked in DEBS, back into .gem files,
# and makes TARGET a gem source (file://TARGET).
require 'rubygems/package'
require 'rubygems/indexer'
require 'fileutils'

target, debs = ARGV
FileUtils.mkdir_p(File.join(target, 'gems'))
specs = %w[sidekiq connection_pool rack redis rake rack-protection concurrent-ruby].map { |name| Gem::Specification.find_by_name(name) }
specs += Dir.glob("#{debs}/usr/share/rubygems-integration/all/specifications/*.gemspec").map { |file| Gem::Specification.load(file) } if debs
specs.map(&:dup).each do |spec|
  Dir.chdir(spec.full_gem_path) do
    spec.files = Dir.glob('**/*').select { |file| File.file?(file) && !File.symlink?(file) }
    spec.extra_rdoc_files = []
    spec.executables = spec.executables.select { |file| File.file?(File.join(spec.bindir, file)) }
    Gem::Package.build(spec, true, false, File.join(target, 'gems', "#{spec.full_name}.gem"))
  end
end
Gem::Indexer.new(target).generate_index
