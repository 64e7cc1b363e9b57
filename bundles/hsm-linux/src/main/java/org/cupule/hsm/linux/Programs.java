package org.cupule.hsm.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Programs of the host.
 *
 * @threading any thread
 */
final class Programs {
    private static final int LAST_LINES = 3;
    private static final long STEP_SECONDS = 2;

    private Programs() {
    }

    /** {@return whether a program is in the path} */
    static boolean present(String program) {
        String path = System.getenv("PATH");
        return path != null && Stream.of(path.split(":")).filter(folder -> !folder.isEmpty())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /**
     * Runs a program to its end.
     *
     * @param folder
     *            its working directory
     * @param words
     *            the program and its arguments
     * @return its standard output
     * @throws HsmException
     *             EIO when it does not succeed, with the last lines that it wrote; EINTR when the caller is interrupted
     */
    static String run(Path folder, List<String> words) {
        return run(folder, words, () -> {
        });
    }

    /**
     * Runs a program that may take long.
     *
     * @param whileItRuns
     *            called every two seconds
     * @see #run(Path, List)
     */
    static String run(Path folder, List<String> words, Runnable whileItRuns) {
        Path output = folder.resolve(".output");
        try {
            Process process = new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile()).start();
            int status = ended(process, whileItRuns);
            String text = Files.readString(output, StandardCharsets.ISO_8859_1);
            if (status != 0) {
                throw new HsmException(Errno.EIO, words.getFirst(),
                        "'%s' failed: %s".formatted(String.join(" ", words), last(text)));
            }
            return text;
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, words.getFirst(),
                    "'%s' cannot be run: %s".formatted(words.getFirst(), e.getMessage()), e);
        } finally {
            output.toFile().delete();
        }
    }

    private static int ended(Process process, Runnable whileItRuns) {
        try {
            while (!process.waitFor(STEP_SECONDS, TimeUnit.SECONDS)) {
                whileItRuns.run();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new HsmException(Errno.EINTR, "wait", "interrupted", e);
        }
    }

    private static String last(String text) {
        List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
        return lines.isEmpty()
                ? "it says nothing"
                : String.join(" / ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }
}
