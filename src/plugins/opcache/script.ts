/**
 * What PHP-FPM runs: empties the cache when asked to, and says how often that has been done. Answers nobody who does not send the
 * key as a parameter of FastCGI: what comes through a web server has names of its own, `HTTP_…` and the like.
 */
const INSIDE = `<?php
if (($_SERVER['CUTOVER_KEY'] ?? '') !== '@') { http_response_code(404); exit; }
header('Content-Type: text/plain');
$ask = function () { return function_exists('opcache_get_status') ? @opcache_get_status(false) : false; };
if (!function_exists('opcache_reset')) { echo 'absent'; exit; }
$before = $ask();
if ($_SERVER['CUTOVER_DO'] === 'reset') {
  clearstatcache(true);
  // Once told, it refuses to be told again until it is done.
  $isTold = @opcache_reset() || ($before !== false && $before['restart_pending']);
  if (!$isTold) { echo $before === false && !ini_get('opcache.restrict_api') ? 'off' : 'refused'; exit; }
}
$now = $ask();
if ($now === false) { echo 'unseen'; exit; }
$numbers = $now['opcache_statistics'];
echo 'restarts ', $numbers['manual_restarts'] + $numbers['oom_restarts'] + $numbers['hash_restarts'], ' ',
  $now['restart_pending'] || $now['restart_in_progress'] ? 'pending' : 'done';
`;

/**
 * For \`php -r\`. Arguments: where PHP-FPM listens, the directory for the script, seconds. Speaks FastCGI 1.0
 * (https://fastcgi-archives.github.io/FastCGI_Specification.html) as a responder's client: one request a connection.
 */
export const RESET = `
[, $listen, $directory, $seconds] = $argv;
// In one line: what others say might look like the last one.
$fail = function ($why) { echo 'failed: ', trim(preg_replace('/\\s+/', ' ', $why)), "\\n"; exit(0); };
$key = bin2hex(random_bytes(16));
$script = "$directory/.cutover-opcache-" . bin2hex(random_bytes(8)) . ".php";
register_shutdown_function(function () use ($script) { @unlink($script); });
if (function_exists('pcntl_signal')) {
  pcntl_async_signals(true);
  foreach ([SIGTERM, SIGINT, SIGHUP] as $signal) pcntl_signal($signal, function () { exit(1); });
}
$inside = str_replace("'@'", "'$key'", base64_decode('${Buffer.from(INSIDE).toString('base64')}'));
if (@file_put_contents($script, $inside) === false) $fail("No file can be made in $directory.");
chmod($script, 0644);

$record = fn ($type, $content) => pack('CCnnCx', 1, $type, 1, strlen($content), 0) . $content;
$size = fn ($text) => strlen($text) < 128 ? chr(strlen($text)) : pack('N', strlen($text) | 0x80000000);
$ask = function ($do) use ($listen, $script, $key, $record, $size, $fail, $directory) {
  $address = $listen[0] === '/' ? "unix://$listen" : "tcp://$listen";
  $socket = @stream_socket_client($address, $number, $why, 5);
  if (!$socket) {
    $fail("PHP-FPM does not answer at $listen: $why." . ($number === 13 ? ' The user has to be in the group of the socket (listen.group).' : ''));
  }
  stream_set_timeout($socket, 20);
  $parameters = '';
  foreach ([
    'GATEWAY_INTERFACE' => 'CGI/1.1', 'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'SERVER_SOFTWARE' => 'cutover',
    'SCRIPT_FILENAME' => $script, 'SCRIPT_NAME' => '/' . basename($script), 'REQUEST_URI' => '/' . basename($script),
    'QUERY_STRING' => '', 'REMOTE_ADDR' => '127.0.0.1', 'CUTOVER_KEY' => $key, 'CUTOVER_DO' => $do,
  ] as $name => $value) $parameters .= $size($name) . $size($value) . $name . $value;
  fwrite($socket, $record(1, pack('nCx5', 1, 0)) . $record(4, $parameters) . $record(4, '') . $record(5, ''));
  $read = function ($length) use ($socket) {
    for ($bytes = ''; strlen($bytes) < $length; $bytes .= $more) {
      $more = fread($socket, $length - strlen($bytes));
      if ($more === false || $more === '') return null;
    }
    return $bytes;
  };
  for ($out = $err = ''; ($head = $read(8)) !== null; ) {
    ['type' => $type, 'length' => $length, 'padding' => $padding] = unpack('Cversion/Ctype/nid/nlength/Cpadding/Cx', $head);
    $content = (string) $read($length);
    $read($padding);
    if ($type === 6) $out .= $content;
    if ($type === 7) $err .= $content;
    if ($type === 3) break;
  }
  fclose($socket);
  if ($head === null) $fail("PHP-FPM at $listen did not answer the request.");
  [$headers, $body] = explode("\\r\\n\\r\\n", $out, 2) + ['', ''];
  if (preg_match('/^Status: (.*)/m', $headers, $match)) {
    $fail("PHP-FPM answered " . trim($match[1]) . " for a script in $directory, which it has to be able to read"
      . ' (open_basedir, chroot): say where by \`directory\`.' . ($err === '' ? '' : ' ' . trim($err)));
  }
  return $body;
};

$first = $ask('look');
if ($first === 'absent') { echo "ok: PHP-FPM has no OPcache, nothing is to be emptied\\n"; exit(0); }
$said = $ask('reset');
if ($said === 'off') { echo "ok: OPcache is off, nothing is to be emptied\\n"; exit(0); }
if ($said === 'refused') $fail("PHP-FPM does not let a script in $directory empty the cache (opcache.restrict_api): say where by \`directory\`.");
if ($said === 'unseen') { echo "ok: the OPcache is told to empty itself; it does not let itself be looked at\\n"; exit(0); }
$count = fn ($answer) => preg_match('/^restarts (\\d+) (pending|done)$/', $answer, $match) ? $match : $fail("PHP-FPM answered: $answer");
$before = (int) $count($first)[1];
for ($until = microtime(true) + $seconds; ; usleep(100000)) {
  [, $restarts, $state] = $count($said);
  if ((int) $restarts > $before && $state === 'done') break;
  if (microtime(true) > $until) $fail("The OPcache did not get empty within $seconds s: requests that run keep it in use.");
  $said = $ask('look');
}
echo "ok: the OPcache is empty\\n";
`;
