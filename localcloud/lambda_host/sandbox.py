"""One execution environment: a process with the function in it, warm from event to event."""

import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from localcloud.lambda_host.functions import LambdaFunction
from localcloud.lambda_host.runtime_api import Invocation, InvocationResult, RuntimeApi
from localcloud.system.processes import Child

LOOK_SECONDS = 0.05
"""How often memory and life of a process are looked at, while it works only."""

INIT_SECONDS = 10.0
"""Lambda gives a function that long to start, beside its time-out."""


class Sandbox:
    """The function's process behind its Runtime API. One thread at a time may use it."""

    def __init__(
        self,
        function: LambdaFunction,
        environment: Mapping[str, str],
        log_file: Path,
        task_root: Path,
        python: str = sys.executable,
    ) -> None:
        self._function = function
        self._api = RuntimeApi()
        self._child = Child(
            function.name,
            [python, "-m", "awslambdaric", function.handler],
            {**environment, **self._lambda_environment(task_root), "PYTHONPATH": str(task_root)},
            log_file,
        )
        self.invocations = 0
        self.peak_memory_mb = 0.0
        self.is_broken = False
        self.last_used = time.monotonic()
        self._child.start()

    def _lambda_environment(self, task_root: Path) -> dict[str, str]:
        function = self._function
        return {
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
            "LAMBDA_TASK_ROOT": str(task_root),
            "_HANDLER": function.handler,
        }

    def invoke(self, event: str, request_id: str) -> InvocationResult:
        """Run the function on an event. What is not a result leaves the sandbox broken, except an
        error that the function itself raised."""
        cold = self.invocations == 0
        seconds = self._function.timeout_seconds + (INIT_SECONDS if cold else 0.0)
        deadline = time.time() + seconds
        self._api.offer(
            Invocation(
                request_id=request_id,
                event=event,
                deadline_ms=int(deadline * 1000),
                arn=self._function.arn,
            )
        )
        outcome = self._wait(request_id, time.monotonic() + seconds)
        self.invocations += 1
        self.last_used = time.monotonic()
        return outcome

    def _wait(self, request_id: str, deadline: float) -> InvocationResult:
        while True:
            posted = self._api.outcome(LOOK_SECONDS)
            over = self._memory_is_over()
            if posted and posted[0] == request_id:
                return posted[1]
            if posted:  # it could not even be loaded
                return self._break(posted[1].error, posted[1].message)
            if over:
                return self._break(
                    "Runtime.OutOfMemory",
                    f"memory size {self._function.memory_mb} MB, used {self.peak_memory_mb:.0f} MB",
                )
            if self._child.has_ended():
                return self._break("Runtime.ExitError", f"the process ended ({self._child.poll()})")
            if time.monotonic() > deadline:
                seconds = self._function.timeout_seconds
                return self._break("Sandbox.Timedout", f"timed out after {seconds:g} seconds")

    def _memory_is_over(self) -> bool:
        """Asks the kernel for the highest that the process ever held (VmHWM)."""
        try:
            status = Path(f"/proc/{self._child.pid}/status").read_text()
        except OSError:
            return False
        lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
        if lines:
            self.peak_memory_mb = max(self.peak_memory_mb, int(lines[0][1]) / 1024)
        return self.peak_memory_mb > self._function.memory_mb

    def _break(self, error: str, message: str) -> InvocationResult:
        self.is_broken = True
        self.close()
        return InvocationResult(
            error=error,
            message=f"{message}\n{self._child.last_lines(3)}".strip(),
            details={"errorType": error, "errorMessage": message},
        )

    def close(self) -> None:
        """End the process; it has no event in hand."""
        self._child.terminate()
        self._child.wait(time.monotonic())
        self._api.close()

    @property
    def is_alive(self) -> bool:
        """Whether its process runs, and can take another event."""
        return not self.is_broken and not self._child.has_ended()
