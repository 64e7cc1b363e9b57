package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stock Linux, as its user boots it. What it needs is fetched once, into a folder that {@code mvn clean} removes.
 *
 * <p>
 * With {@code -Dcupule.long=true} it is booted fifty times in a row.
 */
class LinuxIT {
    private static final Path HOME = Path.of("target", "linux-home").toAbsolutePath();
    private static final int BOOTS = Boolean.getBoolean("cupule.long") ? 50 : 1;
    private static final long DISK_BYTES = 8 << 20;
    private static final int NEVER_GOES_ON = 10;
    /** What the kernel writes when something is wrong with it or with its machine. */
    private static final Pattern COMPLAINT = Pattern
            .compile("WARNING: |BUG: |Call Trace|Oops|rcu: INFO|soft lockup|hung task|\\[Firmware Bug\\]");
    private static final Pattern INSTRUCTIONS = Pattern.compile("vcpu0 .*?(\\d+) instructions");
    private static final Pattern MEMORY = Pattern.compile("memory SHA-256 (\\w+)");

    @BeforeAll
    static void fetchesThePackages() throws IOException, InterruptedException {
        LinuxSession.Ended first = LinuxSession.run(HOME, "--memory", "256M", "--", "true");
        String why = first.output().lines().filter(line -> line.contains("--kernel FILE") || line.contains("apt-get"))
                .findFirst().orElse("");
        if (first.status() == Status.HOST_FAILURE && !why.isEmpty()) {
            System.out.println("SKIPPED: Linux is not booted: " + why);
        }
        assumeTrue(first.status() != Status.HOST_FAILURE || why.isEmpty(), why);
        assertThat(first.status()).as(first.output()).isZero();
    }

    @Test
    @DisplayName("a session on two processors: a disk, files both ways through forwarded ports, Ctrl-C, nproc, poweroff; the kernel has nothing to complain of")
    void sessionOnTwoProcessorsEndsWithStatusZero(@TempDir Path folder) throws Exception {
        byte[] content = new byte[100_000];
        new Random(BOOTS).nextBytes(content);
        HttpServer server = LinuxVirtioIT.serving(content);
        for (int boot = 0; boot < BOOTS; boot++) {
            Path disk = folder.resolve("disk" + boot);
            try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
                file.setLength(DISK_BYTES);
            }
            session(disk, server.getAddress().getPort(), freePort(), LinuxVirtioIT.sha256(content));

            // The file went to the disk, in blocks of 1 KiB.
            assertThat(Files.readString(disk, StandardCharsets.ISO_8859_1))
                    .contains(new String(content, 0, 1024, StandardCharsets.ISO_8859_1));
            Files.delete(disk);
        }
        server.stop(0);
        System.out.printf("VERIFIED: boots of Linux: %d in a row on 2 processors, each with a session of disk and"
                + " network to its shell and off%n", BOOTS);
    }

    private static void session(Path disk, int outward, int inward, String sum) throws Exception {
        try (var session = LinuxSession.open(HOME, "--cpus", "2", "--disk", disk.toString(), "--net",
                "tcp-out=80:%d,tcp-in=%d:80".formatted(outward, inward))) {
            session.type("mke2fs -F /dev/vda >/dev/null; mount -t ext2 /dev/vda /mnt; echo mounted=$?");
            session.type("echo $((6 * 7)) >/mnt/number; wget -q -O /mnt/file http://10.0.2.2/file; sync");
            session.type("echo 3 >/proc/sys/vm/drop_caches; echo content=$(cat /mnt/number); sha256sum /mnt/file");
            session.type(
                    "mkdir /tmp/www; echo said in the guest >/tmp/www/page; httpd -h /tmp/www; echo served=$((1 + 1))");
            session.await("served=2");
            assertThat(fetched(inward)).isEqualTo("said in the guest\n");
            session.type("sh -c 'echo asleep=$((1 + 1)); exec sleep 100000'");
            session.await("asleep=2");
            session.interrupt();
            session.type("umount /mnt; echo unmounted=$?; echo processors=$(nproc)");
            session.type("dmesg | grep -c 'Linux version' | sed s/^/versions=/");
            session.type("poweroff");

            LinuxSession.Ended ended = session.end();

            assertThat(ended.status()).as(ended.output()).isZero();
            assertThat(ended.output()).contains("mounted=0", "content=42", sum, "unmounted=0", "processors=2",
                    "versions=1").doesNotContainPattern(COMPLAINT);
        }
    }

    private static String fetched(int port) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var page = URI.create("http://127.0.0.1:%d/page".formatted(port));
            return client.send(HttpRequest.newBuilder(page).version(HttpClient.Version.HTTP_1_1).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void theStatusOfAScriptIsTheStatusOfTheCommand() throws Exception {
        LinuxSession.Ended ended = LinuxSession.run(HOME, "--append", "quiet", "--", "echo 'in the guest'; exit 3");

        assertThat(ended.status()).as(ended.output()).isEqualTo(3);
        assertThat(ended.output()).contains("in the guest");
    }

    @Test
    @DisplayName("the same kernel as an ELF file, vmlinux, by its PVH entry")
    void bootsAnUnpackedKernelByItsPvhEntry(@TempDir Path folder) throws Exception {
        Path image;
        try (var found = Files.walk(HOME.resolve("linux"))) {
            image = found.filter(file -> file.getFileName().toString().startsWith("vmlinuz-")).findFirst()
                    .orElseThrow();
        }
        Optional<byte[]> unpacked = Vmlinux.of(image);
        if (unpacked.isEmpty()) {
            System.out.println("SKIPPED: vmlinux is not booted: " + image + " is not compressed with LZ4");
        }
        assumeTrue(unpacked.isPresent(), "the kernel is not compressed with LZ4");
        Path vmlinux = Files.write(folder.resolve("vmlinux"), unpacked.get());

        LinuxSession.Ended ended = LinuxSession.run(HOME, "--cpus", "2", "--kernel", vmlinux.toString(), "--",
                "echo processors=$(nproc); dmesg | grep -c PVH; exit 4");

        assertThat(ended.status()).as(ended.output()).isEqualTo(4);
        assertThat(ended.output()).contains("processors=2").doesNotContainPattern(COMPLAINT);
    }

    @Test
    void aPanicEndsTheRunWithASentence() throws Exception {
        LinuxSession.Ended ended = LinuxSession.run(HOME, "--append", "quiet rdinit=/none");

        assertThat(ended.status()).as(ended.output()).isEqualTo(NEVER_GOES_ON);
        assertThat(ended.output()).contains("the guest's kernel has panicked (VFS: Unable to mount root fs",
                "processor 0 was running at RIP 0xffffffff");
    }

    @Test
    void twoDeterministicBootsAreTheSame() throws Exception {
        String one = deterministic("one.txt");
        String two = deterministic("two.txt");

        assertThat(one).containsPattern(INSTRUCTIONS).containsPattern(MEMORY);
        assertThat(found(INSTRUCTIONS, two)).isEqualTo(found(INSTRUCTIONS, one));
        assertThat(found(MEMORY, two)).isEqualTo(found(MEMORY, one));
        System.out.printf(
                "VERIFIED: deterministic Linux: two deterministic boots of %s instructions, memory the same%n",
                found(INSTRUCTIONS, one));
    }

    private static String deterministic(String file) throws IOException, InterruptedException {
        Path trace = HOME.resolve(file);
        LinuxSession.Ended ended = LinuxSession.run(HOME, "--append", "quiet", "--deterministic", "--trace",
                trace.toString(), "--", "nproc");
        assertThat(ended.status()).as(ended.output()).isZero();
        return Files.readString(trace);
    }

    private static String found(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }
}
