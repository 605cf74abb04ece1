# A client for Redis over TCP, TLS or a Unix socket. It speaks RESP2, which every version understands. Ruby 2.5 and later, standard library
# only. No message contains a password.
require 'json'
require 'socket'
require 'timeout'
[$stdin, $stdout, $stderr].each { |io| io.set_encoding(Encoding::UTF_8) }
$stdout.sync = true
%w[INT TERM HUP].each { |signal| trap(signal) { exit!(143) } }

def unescape(text)
  text.tr('+', ' ').gsub(/%(\h\h)/) { [$1].pack('H2') }.force_encoding(Encoding::UTF_8)
end

def parse_url(url)
  db = nil
  if url !~ /\Arediss?:/ && (match = %r{\A(?:unix:)?(?://)?(?:(.*)@)?(/[^?]*)(?:\?(.*))?\z}.match(url))
    credentials, path, query = match.captures
    address = { path: path }
  elsif (match = %r{\A(rediss?)://(?:(.*)@)?(\[[^\]]+\]|[^:/?@]*)(?::(\d+))?(?:/([^?]*))?(?:\?(.*))?\z}.match(url))
    scheme, credentials, host, port, db, query = match.captures
    address = { tls: scheme == 'rediss', host: host.empty? ? '127.0.0.1' : host.delete('[]'), port: (port || 6379).to_i }
  else
    raise ShipitRedis::Error, "#{url[/\A[a-z]+:/] || 'this'} is not the address of a Redis: use redis://HOST:PORT/DB, rediss://HOST:PORT/DB or unix:///PATH"
  end
  user, password = credentials.to_s.split(':', 2).map { |part| part.empty? ? nil : unescape(part) }
  db = query.to_s[/(?:\A|&)db=(\d+)/, 1] if db.to_s.empty?
  raise ShipitRedis::Error, 'the address of Redis does not end in a database number' unless db.nil? || db =~ /\A\d+\z/
  address.merge(url: url[0] == '/' ? "unix://#{url}" : url, user: user, password: password, db: db.to_i)
end

# the address without user and password
def display_url(address)
  return "unix://#{address[:path]}?db=#{address[:db]}" if address[:path]
  host = address[:host].include?(':') ? "[#{address[:host]}]" : address[:host]
  "#{address[:tls] ? 'rediss' : 'redis'}://#{host}:#{address[:port]}/#{address[:db]}"
end

# A connection. Its name leaves those of gems and of the application alone.
class ShipitRedis
  class Error < StandardError; end
  # it may answer again soon: Redis restarts, or the network is down for a moment
  class Unavailable < Error; end

  WAIT = 5

  def initialize(address, source, verify)
    @address, @source = address, source
    @buffer = ''.b
    Timeout.timeout(2 * WAIT, Unavailable, error("no answer in #{2 * WAIT} s").message) { connect(verify) }
    authenticate if address[:password]
    call('SELECT', address[:db]) unless address[:db].zero?
  rescue SystemCallError, SocketError, IOError => e
    raise connection_error(e)
  end

  def call(*words)
    reply = pipeline([words])[0]
    reply.is_a?(Error) ? raise(reply) : reply
  end

  # an error reply is returned in its place, as a Error
  def pipeline(commands)
    return [] if commands.empty?
    @io.write(commands.map { |words| encode(words) }.join)
    commands.map { reply }
  rescue Error
    raise
  rescue StandardError => e
    raise connection_error(e)
  end

  def close
    @io.close if @io
  rescue StandardError
    nil
  end

  private

  def error(text, kind = Error)
    kind.new("Redis at #{display_url(@address)} (#{@source}): #{text}")
  end

  def connection_error(cause)
    error(describe(cause), cause.is_a?(SocketError) || cause.is_a?(Errno::EACCES) ? Error : Unavailable)
  end

  def connect(verify)
    return @io = UNIXSocket.new(@address[:path]) if @address[:path]
    @io = Socket.tcp(@address[:host], @address[:port], connect_timeout: WAIT)
    @io.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    start_tls(verify) if @address[:tls]
  end

  def start_tls(verify)
    require 'openssl'
    context = OpenSSL::SSL::SSLContext.new
    context.set_params(verify ? {} : { verify_mode: OpenSSL::SSL::VERIFY_NONE })
    plain, @io = @io, OpenSSL::SSL::SSLSocket.new(@io, context)
    @io.sync_close = true
    @io.hostname = @address[:host] unless @address[:host] =~ /\A[\d.]+\z|:/
    @io.connect
    @io.post_connection_check(@address[:host]) if verify
  rescue OpenSSL::SSL::SSLError => e
    plain.close
    raise error("TLS: #{e.message.sub(/\ASSL_connect /, '')}")
  end

  def authenticate
    call('AUTH', *[@address[:user], @address[:password]].compact)
  rescue Error => e
    # Redis 5 and older have no users, although an address may name one
    raise unless @address[:user] && e.message =~ /wrong number of arguments/
    call('AUTH', @address[:password])
  end

  def encode(words)
    "*#{words.size}\r\n".b + words.map { |word| word = word.to_s.b; "$#{word.bytesize}\r\n".b + word + "\r\n" }.join
  end

  def reply
    kind, rest = read_line[0], @line[1..-1]
    case kind
    when '+' then rest
    when '-' then error(explain(rest), rest =~ /\A(LOADING|MASTERDOWN|TRYAGAIN)/ ? Unavailable : Error)
    when ':' then rest.to_i
    when '$' then rest == '-1' ? nil : read_bytes(rest.to_i)
    when '*' then rest == '-1' ? nil : Array.new(rest.to_i) { reply }
    else raise error('the server there is not Redis')
    end
  end

  def read_line
    fill until (stop = @buffer.index("\r\n"))
    @line = take(stop)
  end

  def read_bytes(size)
    fill while @buffer.bytesize < size + 2
    take(size)
  end

  def take(size)
    @buffer.slice!(0, size + 2)[0...-2].force_encoding(Encoding::UTF_8).scrub
  end

  def fill
    until (data = @io.read_nonblock(65_536, exception: false)).is_a?(String)
      raise error('it closed the connection' + (@address[:tls] ? '' : ' (does it require TLS, rediss://?)'), Unavailable) if data.nil?
      ready = data == :wait_readable ? IO.select([@io], nil, nil, WAIT) : IO.select(nil, [@io], nil, WAIT)
      raise error("no answer in #{WAIT} s", Unavailable) unless ready
    end
    @buffer << data
    raise error('the server there is not Redis') if @buffer.bytesize < 100 && @buffer !~ /\A[-+:$*]/ && @line.nil?
  end

  def explain(reply)
    reply = reply.gsub(@address[:password], '[secret]') if @address[:password]
    case reply
    when /\ANOAUTH|operation not permitted/ then 'it requires a password, but the address has none'
    when /\AWRONGPASS|invalid password/ then 'it rejected the password in the address'
    when /\AERR Client sent AUTH|without any password configured/ then 'it has no password, but the address has one'
    when /\ANOPERM/ then "its user lacks the permission: #{reply}"
    when /DB index is out of range/ then "it has no database #{@address[:db]}"
    else reply
    end
  end

  def describe(cause)
    case cause
    when Errno::ECONNREFUSED then 'connection refused: nothing listens there'
    when Errno::ENOENT then 'the socket does not exist'
    when Errno::EACCES then 'permission denied'
    when Errno::ETIMEDOUT, IO::WaitWritable then "no answer in #{WAIT} s"
    when Errno::EHOSTUNREACH, Errno::ENETUNREACH then 'no route to it'
    when SocketError then "this host cannot resolve #{@address[:host]}"
    when Errno::EPIPE, Errno::ECONNRESET, EOFError, IOError then 'it closed the connection'
    else cause.message
    end
  end
end
