/**
 * Ruby 2.5 and later, standard library only: Redis over TCP, TLS or a Unix socket, by RESP2, which every version speaks. No message
 * contains a password.
 */
export const REDIS = String.raw`
require 'json'
require 'socket'
require 'timeout'
[$stdin, $stdout, $stderr].each { |io| io.set_encoding(Encoding::UTF_8) }
$stdout.sync = true
%w[INT TERM HUP].each { |signal| trap(signal) { exit!(143) } }

class Trouble < StandardError; end
# what may be over in a moment: a Redis that restarts, a network that is gone for a while
class Away < Trouble; end

def unescape(text)
  text.tr('+', ' ').gsub(/%(\h\h)/) { [$1].pack('H2') }.force_encoding(Encoding::UTF_8)
end

def target(url)
  if (m = %r{\A(?:unix:)?(?://)?(?:(.*)@)?(/[^?]*)(?:\?(.*))?\z}.match(url)) && url !~ /\Arediss?:/
    at = { path: m[2] }
    info, query, db = m[1], m[3], nil
  elsif (m = %r{\A(rediss?)://(?:(.*)@)?(\[[^\]]+\]|[^:/?@]*)(?::(\d+))?(?:/([^?]*))?(?:\?(.*))?\z}.match(url))
    at = { tls: m[1] == 'rediss', host: m[3].empty? ? '127.0.0.1' : m[3].delete('[]'), port: (m[4] || 6379).to_i }
    info, query, db = m[2], m[6], m[5]
  else
    raise Trouble, "#{url[/\A[a-z]+:/] || 'what is there'} is not the address of a Redis: redis://HOST:PORT/DB, rediss://HOST:PORT/DB or unix:///PATH"
  end
  user, password = info.to_s.split(':', 2)
  db = query.to_s[/(?:\A|&)db=(\d+)/, 1] if db.nil? || db.empty?
  raise Trouble, 'the address of Redis ends in no number of a database' unless db.nil? || db =~ /\A\d+\z/
  at.merge(url: url[0] == '/' ? "unix://#{url}" : url, user: user.to_s.empty? ? nil : unescape(user), password: password.to_s.empty? ? nil : unescape(password), db: db.to_i)
end

def shown(at)
  return "unix://#{at[:path]}?db=#{at[:db]}" if at[:path]
  "#{at[:tls] ? 'rediss' : 'redis'}://#{at[:host].include?(':') ? "[#{at[:host]}]" : at[:host]}:#{at[:port]}/#{at[:db]}"
end

# not Redis, which is the name of a gem's
class Wire
  WAIT = 5
  def initialize(at, source, verify)
    @at, @source = at, source
    @buffer = ''.b
    Timeout.timeout(2 * WAIT, Away, trouble("no answer in #{2 * WAIT} s").message) { connect(verify) }
    authenticate if at[:password]
    call('SELECT', at[:db]) unless at[:db].zero?
  rescue SystemCallError, SocketError, IOError => e
    raise trouble(reason(e), passing?(e) ? Away : Trouble)
  end

  def call(*words)
    reply = pipeline([words])[0]
    reply.is_a?(Trouble) ? raise(reply) : reply
  end

  # an error reply is in its place, as a Trouble
  def pipeline(commands)
    return [] if commands.empty?
    @io.write(commands.map { |words| "*#{words.size}\r\n" + words.map { |w| w = w.to_s.b; "$#{w.bytesize}\r\n".b + w + "\r\n" }.join }.join)
    commands.map { reply }
  rescue Trouble
    raise
  rescue StandardError => e
    raise trouble(reason(e), passing?(e) ? Away : Trouble)
  end

  def close
    @io.close if @io
  rescue StandardError
    nil
  end

  private

  def passing?(error)
    !error.is_a?(SocketError) && !error.is_a?(Errno::EACCES)
  end

  def trouble(text, kind = Trouble)
    kind.new("Redis at #{shown(@at)} (#{@source}): #{text}")
  end

  def connect(verify)
    return @io = UNIXSocket.new(@at[:path]) if @at[:path]
    @io = Socket.tcp(@at[:host], @at[:port], connect_timeout: WAIT)
    @io.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    return unless @at[:tls]
    require 'openssl'
    context = OpenSSL::SSL::SSLContext.new
    context.set_params(verify ? {} : { verify_mode: OpenSSL::SSL::VERIFY_NONE })
    begin
      plain, @io = @io, OpenSSL::SSL::SSLSocket.new(@io, context)
      @io.sync_close = true
      @io.hostname = @at[:host] unless @at[:host] =~ /\A[\d.]+\z|:/
      @io.connect
      @io.post_connection_check(@at[:host]) if verify
    rescue OpenSSL::SSL::SSLError => e
      plain.close
      raise trouble("TLS: #{e.message.sub(/\ASSL_connect /, '')}")
    end
  end

  def authenticate
    call('AUTH', *[@at[:user], @at[:password]].compact)
  rescue Trouble => e
    # Redis 5 and older know no users, and some addresses name one all the same
    raise unless @at[:user] && e.message =~ /wrong number of arguments/
    call('AUTH', @at[:password])
  end

  def reply
    kind, rest = line[0], @line[1..-1]
    case kind
    when '+' then rest
    when '-' then trouble(explained(rest), rest =~ /\A(LOADING|MASTERDOWN|TRYAGAIN)/ ? Away : Trouble)
    when ':' then rest.to_i
    when '$' then rest == '-1' ? nil : bytes(rest.to_i)
    when '*' then rest == '-1' ? nil : Array.new(rest.to_i) { reply }
    else raise trouble('what answers there is not Redis')
    end
  end

  def line
    more until (stop = @buffer.index("\r\n"))
    @line = @buffer.slice!(0, stop + 2)[0...-2].force_encoding(Encoding::UTF_8).scrub
  end

  def bytes(size)
    more while @buffer.bytesize < size + 2
    @buffer.slice!(0, size + 2)[0...-2].force_encoding(Encoding::UTF_8).scrub
  end

  def more
    until (got = @io.read_nonblock(65_536, exception: false)).is_a?(String)
      raise trouble('it closed the connection' + (@at[:tls] ? '' : ' (does it want TLS, rediss://?)'), Away) if got.nil?
      ready = got == :wait_readable ? IO.select([@io], nil, nil, WAIT) : IO.select(nil, [@io], nil, WAIT)
      raise trouble("no answer in #{WAIT} s", Away) unless ready
    end
    @buffer << got
    raise trouble('what answers there is not Redis') if @buffer.bytesize < 100 && @buffer !~ /\A[-+:$*]/ && @line.nil?
  end

  def explained(text)
    text = text.gsub(@at[:password], '[secret]') if @at[:password]
    case text
    when /\ANOAUTH|operation not permitted/ then 'it wants a password, and the address has none'
    when /\AWRONGPASS|invalid password/ then 'it refuses the password of the address'
    when /\AERR Client sent AUTH|without any password configured/ then 'it has no password, and the address has one'
    when /\ANOPERM/ then "its user may not do that: #{text}"
    when /DB index is out of range/ then "it has no database #{@at[:db]}"
    else text
    end
  end

  def reason(error)
    case error
    when Errno::ECONNREFUSED then 'connection refused: nothing listens there'
    when Errno::ENOENT then 'the socket does not exist'
    when Errno::EACCES then 'permission denied'
    when Errno::ETIMEDOUT, IO::WaitWritable then "no answer in #{WAIT} s"
    when Errno::EHOSTUNREACH, Errno::ENETUNREACH then 'no way leads there'
    when SocketError then "#{@at[:host]} has no address here"
    when Errno::EPIPE, Errno::ECONNRESET, EOFError, IOError then 'it closed the connection'
    else error.message
    end
  end
end
`
