-- Plays a list of prepared requests round and round, and counts every answer that is not the expected
-- one. Called as `wrk … -s wrk.lua URL -- PLAN`, where PLAN is a Lua file written by wrk.py:
--   return { expect = 201, run = "4f2a…", requests = { { "POST … Idempotency-Key: ", "\r\n\r\n{…}" }, … } }
-- A request of two parts gets a key between them that was never sent before.

local threads = {}
local plan, thread_name, next_request, sent

wrong, wrong_status = 0, 0 -- globals: done() reads them out of each thread

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  plan = dofile(args[1])
  thread_name = plan.run .. "-" .. number .. "-"
  next_request, sent = number, 0
end

function request()
  local parts = plan.requests[next_request % #plan.requests + 1]
  next_request = next_request + 1
  if parts[2] == nil then
    return parts[1]
  end
  sent = sent + 1
  return parts[1] .. thread_name .. sent .. parts[2]
end

function response(status)
  if status ~= plan.expect then
    wrong, wrong_status = wrong + 1, status
  end
end

function done(summary, latency)
  local unexpected, example = 0, 0
  for _, thread in ipairs(threads) do
    unexpected = unexpected + thread:get("wrong")
    example = math.max(example, thread:get("wrong_status"))
  end
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "unexpected": %d, "example": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), unexpected, example,
    errors.connect + errors.read + errors.write + errors.timeout))
end
