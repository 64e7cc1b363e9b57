package org.cupule.linux.acrn;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Ends a VM whose process was killed: pauses and destroys it, which the driver, closing the file, does not do rightly
 * for a VM that runs ({@code hsm.md} 4.7). A program of its own, of this one class and the JDK, so that it starts
 * anywhere.
 *
 * <p>
 * It is run by the {@code Keeper} of the file, when no thread of the killed process is in the driver any more.
 *
 * @threading confined to its process
 */
public final class Undertaker {
    /** {@code hsm.md} 2.3; those of {@code IoctlNumber}, which is not there when this runs. */
    static final int PAUSE_VM = 0xA213;
    static final int DESTROY_VM = 0xA211;
    private static final int DEVICE = 3;
    private static final int EINVAL = 22;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();

    private Undertaker() {
    }

    /**
     * Puts the program into a folder, whole or not at all.
     *
     * @return the command that runs it
     */
    static List<String> command(Path folder) throws IOException {
        String file = Undertaker.class.getName().replace('.', '/') + ".class";
        Path target = folder.resolve(file);
        Path fresh = Files.createDirectories(target.getParent()).resolve("Undertaker.new");
        try (InputStream own = Undertaker.class.getResourceAsStream("Undertaker.class")) {
            if (own == null) {
                throw new IOException("there is no " + file);
            }
            Files.copy(own, fresh, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-Xmx16m", "--enable-native-access=ALL-UNNAMED", "-cp", folder.toString(),
                Undertaker.class.getName());
    }

    /**
     * Ends the VM of the file that is descriptor 3. The process ends with 0 when there is none any more, else with 1.
     *
     * @param arguments
     *            none
     */
    public static void main(String[] arguments) throws IOException {
        boolean done = !isDevice() || gone(ioctl(PAUSE_VM)) || ioctl(DESTROY_VM) == 0;
        System.exit(done ? 0 : 1);
    }

    /** What plays the driver in another process is a socket: its end is told there by its being closed. */
    private static boolean isDevice() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(DEVICE))).toString().startsWith("/");
    }

    /** A file without VM gives EINVAL for all but CREATE_VM. */
    private static boolean gone(int result) {
        return result == -EINVAL;
    }

    @SuppressWarnings("restricted")
    private static int ioctl(int command) {
        // SAFETY: ioctl(2) is int (int, unsigned long, ...); these commands take no argument, and touch no memory.
        MethodHandle ioctl = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                Linker.Option.firstVariadicArg(2), Linker.Option.captureCallState("errno"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = arena.allocate(CAPTURE);
            int result = (int) ioctl.invokeExact(capture, DEVICE, (long) command, 0L);
            return result == -1 ? -capture.get(ValueLayout.JAVA_INT, 0) : result;
        } catch (Throwable thrown) {
            throw new IllegalStateException(thrown);
        }
    }
}
