-- Posts the bodies of a file (one a line) in turn, with CAIDING_KEY; with a mean pause in milliseconds each
-- connection waits that long on average before a request, by the exponential distribution.
--   wrk … -s load.lua URL -- FILE PATH [PAUSE]
local requests, at = {}, 0

function init(args)
   math.randomseed(20150301)
   local headers = {
      ["Content-Type"] = "application/json",
      ["Authorization"] = "Bearer " .. (os.getenv("CAIDING_KEY") or "")
   }
   for body in io.lines(args[1]) do
      requests[#requests + 1] = wrk.format("POST", args[2], headers, body)
   end
   local pause = tonumber(args[3])
   if pause then
      function delay()
         return math.floor(0.5 - pause * math.log(1 - math.random()))
      end
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50": %f, "p99": %f}\n',
      summary.requests, summary.duration / 1e6, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50) / 1e6, latency:percentile(99) / 1e6
   ))
end
