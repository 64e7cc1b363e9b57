package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stock Linux drives the virtio devices with its own drivers. Skipped where its packages cannot be had. */
class LinuxVirtioIT {
    private static final Path HOME = Path.of("target", "linux-home").toAbsolutePath();
    private static final Pattern FLUSHED = Pattern.compile("FLUSHED (\\d+)\\b.*");
    private static final int SECTOR = 512;
    private static final int KILLS = Boolean.getBoolean("cupule.long") ? 12 : 2;

    @TempDir
    Path folder;

    /** How a run ended, and all that it wrote. */
    private record Ended(int status, String output) {
    }

    @BeforeAll
    static void fetchesThePackages() throws IOException, InterruptedException {
        Ended first = run(List.of("--", "true"));
        String why = first.output.lines().filter(line -> line.contains("--kernel FILE") || line.contains("apt-get"))
                .findFirst().orElse("");
        if (first.status == Status.HOST_FAILURE && !why.isEmpty()) {
            System.out.println("SKIPPED: Linux is not booted with virtio devices: " + why);
        }
        assumeTrue(first.status != Status.HOST_FAILURE || why.isEmpty(), why);
        assertThat(first.status).as(first.output).isZero();
    }

    private static Process start(List<String> words) throws IOException {
        Files.createDirectories(HOME);
        List<String> command = new ArrayList<>(List.of("linux", "--timeout", "600s"));
        command.addAll(words);
        Process process = Jar.process(HOME, command).start();
        process.getOutputStream().close();
        return process;
    }

    private static Ended run(List<String> words) throws IOException, InterruptedException {
        Process process = start(words);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        return new Ended(process.waitFor(), output);
    }

    private Path disk(int megabytes) throws IOException {
        Path image = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) megabytes << 20);
        }
        return image;
    }

    /** {@return a server of one file, /file, on the host's loopback} */
    static HttpServer serving(byte[] content) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4);
        server.createContext("/file", exchange -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
            exchange.close();
        });
        server.start();
        return server;
    }

    static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @Test
    @DisplayName("Linux's own drivers: a file system on a disk, a file over the network, random numbers, a console")
    void usesDiskNetworkRandomNumbersAndConsole() throws Exception {
        byte[] content = new byte[200_000];
        new Random(1).nextBytes(content);
        Path console = folder.resolve("hvc0.txt");
        HttpServer server = serving(content);
        String script = """
                mke2fs -F /dev/vda >/dev/null 2>&1 || mkfs.ext2 /dev/vda >/dev/null 2>&1
                mount -t ext2 /dev/vda /mnt && echo MOUNTED
                wget -q -O /mnt/file http://10.0.2.2:80/file; sync; echo 3 >/proc/sys/vm/drop_caches
                sha256sum /mnt/file; umount /mnt; echo STATUS $?
                dd if=/dev/hwrng of=/tmp/random bs=16 count=4 2>/dev/null; echo RANDOM $(wc -c </tmp/random)
                echo said >/dev/hvc0; grep -c virtio /proc/interrupts
                """;

        Ended ended = run(List.of("--cpus", "2", "--disk", disk(16).toString(), "--net",
                "tcp-out=80:" + server.getAddress().getPort(), "--device", "virtio-rng", "--device",
                "virtio-console,backend=file:" + console, "--", script));
        server.stop(0);

        assertThat(ended.status).as(ended.output).isZero();
        assertThat(ended.output).contains("MOUNTED", sha256(content), "STATUS 0", "RANDOM 64");
        assertThat(ended.output).doesNotContainPattern("WARNING: |BUG: |Call Trace|Oops");
        assertThat(Files.readString(console)).contains("said");
    }

    @Test
    @DisplayName("a disk has what the guest flushed when the JVM was killed, whenever that was")
    void aDiskSurvivesTheEndOfTheProcess() throws Exception {
        var random = new Random(11);
        for (int kill = 0; kill < KILLS; kill++) {
            Path image = disk(8);
            int flushed = flushedUntilKilled(image, random.nextInt(1, 60), random.nextInt(50_000_000));
            byte[] written = Files.readAllBytes(image);
            for (int i = 1; i <= flushed; i++) {
                assertThat(new String(written, SECTOR * i, 8, StandardCharsets.US_ASCII))
                        .as("sector %d of %d, kill %d", i, flushed, kill).isEqualTo("%08d".formatted(i));
            }
            Files.delete(image);
        }
        System.out.printf("VERIFIED: Linux: a disk had what was flushed after each of %d kills of its process%n",
                KILLS);
    }

    /**
     * Kills a machine whose guest writes and flushes sector after sector.
     *
     * @param lines
     *            after so many flushes that it has told
     * @param nanos
     *            and so much later, wherever its next one is then
     * @return the last flush that it told
     */
    private static int flushedUntilKilled(Path image, int lines, int nanos) throws Exception {
        Process process = start(List.of("--append", "quiet", "--disk", image.toString(), "--",
                "i=0; while true; do i=$((i+1)); printf '%08d' $i | dd of=/dev/vda bs=512 seek=$i conv=notrunc,fsync "
                        + "2>/dev/null; echo FLUSHED $i .; done"));
        int flushed = 0;
        try (var output = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
            String line = output.readLine();
            while (line != null && flushed < lines) {
                Matcher told = FLUSHED.matcher(line);
                flushed = told.matches() ? Integer.parseInt(told.group(1)) : flushed;
                line = output.readLine();
            }
            LockSupport.parkNanos(nanos);
            process.toHandle().destroyForcibly();
            process.waitFor();
        }
        assertThat(flushed).isEqualTo(lines);
        return flushed;
    }
}
