# gems.rb DIR: packs the gems that Debian installed for Sidekiq back into .gem files, and makes DIR a gem source (file://DIR).
require 'rubygems/package'
require 'rubygems/indexer'
require 'fileutils'

target = ARGV.fetch(0)
FileUtils.mkdir_p(File.join(target, 'gems'))
%w[sidekiq connection_pool rack redis].each do |name|
  spec = Gem::Specification.find_by_name(name).dup
  Dir.chdir(spec.full_gem_path) do
    spec.files = Dir.glob('**/*').select { |file| File.file?(file) && !File.symlink?(file) }
    spec.extra_rdoc_files = []
    spec.executables = spec.executables.select { |file| File.file?(File.join(spec.bindir, file)) }
    Gem::Package.build(spec, true, false, File.join(target, 'gems', "#{spec.full_name}.gem"))
  end
end
Gem::Indexer.new(target).generate_index
