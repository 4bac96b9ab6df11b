import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { PICTURE_LIMIT } from "@tessera/node/api"
import { keyOf } from "../../apps/web/dev/cast.ts"
import { SAMPLE_SHEET } from "../../apps/web/dev/samples.ts"
import { openTheatre } from "./theatre.ts"
import type { Scene, Theatre } from "./theatre.ts"

let theatre: Theatre
let scene: Scene
beforeAll(async () => {
  theatre = await openTheatre()
})
afterAll(() => theatre[Symbol.asyncDispose]())
afterEach(async () => {
  expect(scene.faults).toEqual([])
  await scene[Symbol.asyncDispose]()
})

/** A JPEG of 900 x 600 that says where it was taken. */
async function photo(): Promise<Buffer> {
  const base64 = await scene.page.evaluate(() => {
    const canvas = document.createElement("canvas")
    canvas.width = 900
    canvas.height = 600
    const context = canvas.getContext("2d")
    if (context === null) throw new Error("no canvas")
    context.fillStyle = "#c00000"
    context.fillRect(0, 0, 900, 600)
    context.fillStyle = "#0000c0"
    context.fillRect(150, 0, 600, 600)
    return canvas.toDataURL("image/jpeg").split(",")[1] ?? ""
  })
  const jpeg = Buffer.from(base64, "base64")
  const body = Buffer.from("Exif\0\0 GPS marker-51.3397N")
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, body.length + 2]), body])
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)])
}

test("name, about and a picture are saved under the passphrase; the picture is square, small and says nothing else", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  await page.getByRole("link", { name: "Profile", exact: true }).click()
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Runa of the Harbour")
  await page.getByRole("textbox", { name: "About you" }).fill("Boats.")
  const bytes = await photo()
  expect(bytes.includes("marker-51.3397N")).toBe(true)
  const chooser = page.waitForEvent("filechooser")
  await page.getByRole("button", { name: "Choose a picture" }).click()
  await (await chooser).setFiles({ name: "photo.jpg", mimeType: "image/jpeg", buffer: bytes })
  await page.getByRole("img", { name: "Your new picture" }).waitFor()

  await page.getByRole("button", { name: "Save profile" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("type your passphrase")
  await page.getByRole("textbox", { name: "Passphrase" }).fill("wrong")
  await page.getByRole("button", { name: "Save profile" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("not right")
  expect(node.displayName).toBe("Runa")
  await page.getByRole("textbox", { name: "Passphrase" }).fill(node.passphrase)
  await page.getByRole("button", { name: "Save profile" }).click()
  await page.getByText("Your profile is saved.").waitFor()
  expect(node.displayName).toBe("Runa of the Harbour")
  expect(node.about).toBe("Boats.")
  expect(await page.getByRole("textbox", { name: "Passphrase" }).inputValue()).toBe("")

  const saved = Buffer.from(node.pictures.get(keyOf("me"))?.bytes ?? [])
  expect(saved.subarray(0, 4).toString()).toBe("RIFF")
  expect(saved.subarray(8, 12).toString()).toBe("WEBP")
  expect(saved.includes("marker-51.3397N")).toBe(false)
  expect(saved.includes("EXIF")).toBe(false)
  expect(saved.length).toBeLessThan(PICTURE_LIMIT)
  const [width, height, red, blue] = await page.evaluate(
    async (source) => {
      const image = new Image()
      image.src = source
      await image.decode()
      const canvas = document.createElement("canvas")
      canvas.width = image.width
      canvas.height = image.height
      const context = canvas.getContext("2d")
      context?.drawImage(image, 0, 0)
      const [r = 0, , b = 0] = context?.getImageData(4, 4, 1, 1).data ?? []
      return [image.width, image.height, r, b]
    },
    `data:image/webp;base64,${saved.toString("base64")}`,
  )
  expect([width, height]).toEqual([320, 320])
  // The middle of the photo is blue to its edges; the red sides were cut off.
  expect(blue).toBeGreaterThan(150)
  expect(red).toBeLessThan(60)

  await page.getByRole("link", { name: "Home", exact: true }).click()
  await page.getByRole("article").filter({ hasText: "A plate is a bowl" }).locator("img").waitFor()
})

test("a file that is no picture is refused in words, and nothing changes", async () => {
  scene = await theatre.open()
  const { page } = scene
  await page.getByRole("link", { name: "Profile", exact: true }).click()
  const chooser = page.waitForEvent("filechooser")
  await page.getByRole("button", { name: "Choose a picture" }).click()
  await (await chooser).setFiles({ name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from("not a picture at all") })
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("no picture that your browser can read")
  expect(await page.getByRole("img", { name: "Your new picture" }).count()).toBe(0)
})

test("the passphrase is changed, a wrong one refused", async () => {
  scene = await theatre.open()
  const { page, node } = scene
  await page.getByRole("link", { name: "Settings", exact: true }).click()
  await page.getByRole("button", { name: "Change it" }).click()
  await page.getByRole("textbox", { name: "Current passphrase" }).fill("wrong")
  await page.getByRole("textbox", { name: "New passphrase" }).fill("a quite new one for winter")
  await page.getByRole("button", { name: "Change passphrase" }).click()
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("not right")
  await page.getByRole("textbox", { name: "Current passphrase" }).fill("anchor velvet ribbon candle orbit")
  await page.getByRole("button", { name: "Change passphrase" }).click()
  await page.getByText("Your passphrase is changed.").waitFor()
  expect(node.passphrase).toBe("a quite new one for winter")
  await page.getByRole("button", { name: "Lock now" }).click()
  await page.getByRole("textbox", { name: "Passphrase" }).fill("a quite new one for winter")
  await page.getByRole("button", { name: "Unlock" }).click()
  await page.getByText("The kiln is open").waitFor()
})

test("the recovery sheet is shown, prints alone, and is gone when it is left", async () => {
  scene = await theatre.open()
  const { page } = scene
  await page.getByRole("link", { name: "Settings", exact: true }).click()
  await page.getByRole("button", { name: "Make a sheet" }).click()
  await page.getByRole("textbox", { name: "Passphrase" }).fill("anchor velvet ribbon candle orbit")
  await page.getByRole("button", { name: "Make the sheet" }).click()
  const sheet = page.getByRole("article", { name: "Recovery sheet" })
  await sheet.waitFor()
  expect((await sheet.locator(".sheet-text").textContent())?.replace(/\s/g, "")).toBe(SAMPLE_SHEET)
  await page.emulateMedia({ media: "print" })
  expect(await page.getByRole("button").count()).toBe(0)
  expect(await page.getByRole("navigation").count()).toBe(0)
  expect(await sheet.isVisible()).toBe(true)
  await page.emulateMedia({ media: "screen" })
  await page.getByRole("button", { name: "Done" }).click()
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor()
  await page.goForward()
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor()
  expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain("mocryp")
})

test("the theme is the person's choice and kept by the node", async () => {
  scene = await theatre.open({ context: { viewport: { width: 1440, height: 900 }, colorScheme: "light" } })
  const { page, node } = scene
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  await page.getByRole("link", { name: "Settings", exact: true }).click()
  const light = await ground()
  await page.getByRole("radio", { name: "Dark" }).check()
  await expect.poll(ground).not.toBe(light)
  expect(node.settings.theme).toBe("dark")
  await page.reload()
  await page.getByText("The kiln is open").waitFor()
  expect(await ground()).not.toBe(light)
})
