-- The call that every driver of the mock benchmark sends, and what wrk says of a run, as JSON on the last line.
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["x-goog-api-key"] = "bench"
wrk.body = os.getenv("BENCH_BODY")

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  local form = '{"requests":%d,"durationUs":%d,"p99Us":%d,"failed":%d}\n'
  io.write(string.format(form, summary.requests, summary.duration, latency:percentile(99), failed))
end
