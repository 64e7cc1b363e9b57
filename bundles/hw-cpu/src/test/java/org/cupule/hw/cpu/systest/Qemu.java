package org.cupule.hw.cpu.systest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Another processor model: QEMU's TCG, where it is installed. */
final class Qemu {
    private static final String PROGRAM = "qemu-system-x86_64";
    private static final int PATIENCE_SECONDS = 60;

    /**
     * @param output
     *            what the guest wrote to port 0xE9
     * @param status
     *            QEMU's exit status; 0 also after a triple fault
     */
    record Run(String output, int status) {
    }

    private Qemu() {
    }

    /** {@return its version, or an empty text where there is none} */
    static String version() {
        try {
            Process process = new ProcessBuilder(PROGRAM, "--version").redirectErrorStream(true).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            var number = Pattern.compile("version (\\d+\\.\\d+)").matcher(text);
            return number.find() ? number.group(1) : "";
        } catch (IOException e) {
            return ""; // not installed
        }
    }

    /** Runs a multiboot image until it ends. */
    static Run run(Path image, String append, Path folder) {
        Path output = folder.resolve("qemu.txt");
        List<String> command = List.of(PROGRAM, "-accel", "tcg", "-cpu", "qemu64", "-m", "32M", "-display", "none",
                "-monitor", "none", "-serial", "none", "-parallel", "none", "-nic", "none", "-no-reboot", "-debugcon",
                "file:" + output, "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", image.toString(),
                "-append", append);
        try {
            Process process = new ProcessBuilder(command).inheritIO().start();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly().waitFor();
            return new Run(Files.readString(output, StandardCharsets.US_ASCII), ended ? process.exitValue() : -1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
