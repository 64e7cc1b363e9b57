package org.cupule.machine.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.cupule.machine.stream.DiskFile.Kind;
import org.cupule.machine.stream.DiskFile.Operation;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk is written by another JVM, which is killed. */
class DiskKilledTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 2048;

    /**
     * The other JVM: writes numbers into sectors and says each one when the flush behind it has ended.
     *
     * @threading its own process
     */
    static final class Writer {
        private Writer() {
        }

        /** Writes until it is killed. */
        public static void main(String[] arguments) throws Exception {
            var disk = new DiskFile(Path.of(arguments[0]), false, false);
            for (int number = 1;; number++) {
                var flushed = new CompletableFuture<Boolean>();
                byte[] sector = new byte[SECTOR];
                Arrays.fill(sector, (byte) number);
                disk.submit(new Operation(Kind.WRITE, SECTOR * (number % SECTORS), sector, 0, SECTOR, done -> {
                }));
                disk.submit(new Operation(Kind.FLUSH, 0, new byte[0], 0, 0, flushed::complete));
                System.out.println(flushed.get() ? number : -1);
            }
        }
    }

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 100})
    void hasAllThatWasFlushedBeforeTheEnd(int least) throws IOException, InterruptedException {
        Path image = folder.resolve("disk.img");
        Files.write(image, new byte[SECTOR * SECTORS]);
        int told = toldWhenKilled(image, least);
        try (var file = new RandomAccessFile(image.toFile(), "r")) {
            for (int number = Math.max(1, told - SECTORS + 2); number <= told; number++) {
                file.seek((long) SECTOR * (number % SECTORS));
                assertThat(file.readByte()).as("sector of number %d", number).isEqualTo((byte) number);
            }
        }
    }

    private static int toldWhenKilled(Path image, int least) throws IOException, InterruptedException {
        Process writer = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Writer.class.getName(), image.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        int told = 0;
        try (var lines = new BufferedReader(new InputStreamReader(writer.getInputStream()))) {
            while (told < least) {
                told = Integer.parseInt(lines.readLine());
            }
            writer.toHandle().destroyForcibly();
            writer.waitFor();
            // The last line may be cut short: a smaller number then.
            for (String line = lines.readLine(); line != null && !line.isEmpty(); line = lines.readLine()) {
                told = Math.max(told, Integer.parseInt(line));
            }
        }
        assertThat(writer.exitValue()).as("it was killed").isEqualTo(128 + 9);
        return told;
    }
}
