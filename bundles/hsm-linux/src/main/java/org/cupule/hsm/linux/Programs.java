package org.cupule.hsm.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
        Path output = folder.resolve(".output");
        try {
            Process process = new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).redirectInput(Path.of("/dev/null").toFile()).start();
            int status = ended(process);
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

    private static int ended(Process process) {
        try {
            return process.waitFor();
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
