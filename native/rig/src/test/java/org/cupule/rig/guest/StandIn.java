package org.cupule.rig.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The stand-in for the hypervisor, below the driver: plays vCPUs, lets hypercalls fail, and tells which were made
 * ({@code module/cupule_rig.c} has its commands).
 *
 * @threading any thread; each command opens the device for itself
 */
public final class StandIn {
    private static final Path DEVICE = Path.of("/dev/cupule_hv");

    private StandIn() {
    }

    /** One hypercall: {@code 80000010 <first> <second> <argument's bytes> = <result>}. */
    public record Hypercall(int id, long first, long second, String argument, long result) {
        static Hypercall parse(String line) {
            String[] sides = line.split(" = ");
            String[] parts = sides[0].split(" ", 4);
            return new Hypercall((int) Long.parseLong(parts[0], 16), Long.parseUnsignedLong(parts[1], 16),
                    Long.parseUnsignedLong(parts[2], 16), parts.length > 3 ? parts[3].strip() : "",
                    Long.parseLong(sides[1]));
        }
    }

    /** {@return whether the driver below is on the stand-in} */
    public static boolean present() {
        return Files.exists(DEVICE);
    }

    /**
     * Carries out a command.
     *
     * @return its answer
     * @throws UncheckedIOException
     *             what the command failed with
     */
    public static String command(String format, Object... values) {
        try (RandomAccessFile device = new RandomAccessFile(DEVICE.toFile(), "rw")) {
            device.write(format.formatted(values).getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[128];
            int bytes = device.read(answer);
            return new String(answer, 0, Math.max(0, bytes), StandardCharsets.US_ASCII);
        } catch (IOException failed) {
            throw new UncheckedIOException(format.formatted(values), failed);
        }
    }

    /** A vCPU reads a port, and waits for the answer. @return it */
    public static long in(int vm, int vcpu, int port, int size) {
        return access(vm, vcpu, 0, 0, port, size, 0);
    }

    /** A vCPU writes a port. */
    public static void out(int vm, int vcpu, int port, int size, long value) {
        access(vm, vcpu, 0, 1, port, size, value);
    }

    /** A vCPU's access; waits for the answer. @return it */
    public static long access(int vm, int vcpu, int type, int direction, long address, int size, long value) {
        return value(command("access %d %d %d %d 0x%x %d 0x%x 1", vm, vcpu, type, direction, address, size, value));
    }

    /** A vCPU's access, without waiting. */
    public static void post(int vm, int vcpu, int type, int direction, long address, int size, long value) {
        command("post %d %d %d %d 0x%x %s 0x%x", vm, vcpu, type, direction, address, Integer.toUnsignedString(size),
                value);
    }

    /** Puts a vCPU's access into its slot, without vector 0xF3. */
    public static void write(int vm, int vcpu, int type, int direction, long address, int size, long value) {
        command("write %d %d %d %d 0x%x %s 0x%x", vm, vcpu, type, direction, address, Integer.toUnsignedString(size),
                value);
    }

    /** Waits for the answer to what was posted. @return it */
    public static long take(int vm, int vcpu) {
        return value(command("take %d %d", vm, vcpu));
    }

    /** Lets the next hypercalls of a kind do nothing and give this. */
    public static void fail(int call, int result, int count) {
        command("fail 0x%x %d %d", call & 0xFF, result, count);
    }

    /** {@return created, destroyed, living VMs, hypercalls} */
    public static long[] counts() {
        return numbers(command("counts"));
    }

    /** {@return state (0 none, 1 created, 2 running, 3 paused), vCPUs, regions} */
    public static long[] state(int vm) {
        return numbers(command("state %d", vm));
    }

    private static long[] numbers(String answer) {
        return java.util.Arrays.stream(answer.split(" ")).mapToLong(Long::parseLong).toArray();
    }

    private static long value(String answer) {
        return Long.parseUnsignedLong(answer.split(" ")[0].substring(2), 16);
    }

    /** {@return the position in the log at which the next hypercall will be written} */
    public static long mark() {
        return Long.parseLong(command("mark"));
    }

    /** {@return the hypercalls that were made while something was done} */
    public static List<Hypercall> during(Runnable what) {
        long mark = mark();
        what.run();
        return since(mark);
    }

    /** {@return the hypercalls that were made since a position of the log} */
    public static List<Hypercall> since(long mark) {
        try (RandomAccessFile log = new RandomAccessFile("/dev/cupule_log", "r")) {
            log.seek(mark);
            var text = new ByteArrayOutputStream();
            byte[] part = new byte[4096];
            for (int bytes = log.read(part); bytes > 0; bytes = log.read(part)) {
                text.write(part, 0, bytes);
            }
            return text.toString(StandardCharsets.US_ASCII).lines().map(Hypercall::parse).toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
