import type { Reporter, TestCase, TestModule } from "vitest/node"

/** Prints each failure as it happens and ends with the line `N passed, N failed`. */
export default class SummaryReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state !== "failed") return
    process.stdout.write(`FAILED ${test.module.moduleId} > ${test.fullName}\n`)
    for (const error of result.errors) process.stdout.write(`${error.stack ?? error.message}\n`)
  }

  onTestModuleEnd(module: TestModule): void {
    const tests = [...module.children.allTests()]
    const failed = tests.filter((test) => test.result().state === "failed").length
    const seconds = (module.diagnostic().duration / 1000).toFixed(1)
    process.stdout.write(
      `${failed === 0 ? "ok    " : "FAILED"} ${module.project.name}: ${module.relativeModuleId} (${tests.length} tests, ${seconds} s)\n`,
    )
    for (const error of module.errors()) process.stdout.write(`${error.stack ?? error.message}\n`)
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string; stack?: string }[]): void {
    let passed = 0
    let failed = errors.length
    for (const error of errors) process.stdout.write(`${error.stack ?? error.message}\n`)
    for (const module of modules) {
      failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === "passed") passed += 1
        if (state === "failed") failed += 1
      }
    }
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
  }
}
