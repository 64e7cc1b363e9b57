package org.cupule.rig.guest;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The few functions of the C library that tests of the driver need, each giving its result or the negative errno. Not
 * the platform's own binding: that is among what is tested.
 *
 * @threading any thread
 */
public final class Sys {
    static final int READ = 1;
    static final int WRITE = 2;
    static final int SHARED = 1;
    static final int ANONYMOUS = 0x20;
    static final int POPULATE = 0x8000;
    static final int HUGE = 0x40000;
    private static final int READ_WRITE_CLOEXEC = 0x80002;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(PathElement.groupElement("errno"));
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final MethodHandle OPEN = function("open", 2, INT, ValueLayout.ADDRESS, INT);
    private static final MethodHandle IOCTL = function("ioctl", 2, INT, INT, LONG, LONG);
    private static final MethodHandle CLOSE = function("close", -1, INT, INT);
    private static final MethodHandle EVENTFD = function("eventfd", -1, INT, INT, INT);
    private static final MethodHandle MPROTECT = function("mprotect", -1, INT, LONG, LONG, INT);
    private static final MethodHandle MUNMAP = function("munmap", -1, INT, LONG, LONG);
    private static final MethodHandle MMAP = function("mmap", -1, LONG, LONG, LONG, INT, INT, INT, LONG);
    private static final MethodHandle TRANSFER_IN = function("read", -1, LONG, INT, ValueLayout.ADDRESS, LONG);
    private static final MethodHandle TRANSFER_OUT = function("write", -1, LONG, INT, ValueLayout.ADDRESS, LONG);
    private static final MethodHandle GETTID = function("gettid", -1, INT);
    private static final MethodHandle TGKILL = function("tgkill", -1, INT, INT, INT, INT);

    private static final MethodHandle SIGACTION = function("sigaction", -1, INT, INT, ValueLayout.ADDRESS,
            ValueLayout.ADDRESS);
    /** struct sigaction of glibc: the handler at 0, no flags, so that system calls are not begun again. */
    private static final int SIGACTION_BYTES = 152;

    private Sys() {
    }

    @SuppressWarnings("restricted") // SAFETY: the signatures are those of the manual pages, x86-64
    private static MethodHandle function(String name, int variadic, java.lang.foreign.MemoryLayout result,
            java.lang.foreign.MemoryLayout... arguments) {
        Linker.Option capture = Linker.Option.captureCallState("errno");
        Linker.Option[] options = variadic < 0
                ? new Linker.Option[]{capture}
                : new Linker.Option[]{capture, Linker.Option.firstVariadicArg(variadic)};
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments), options);
    }

    private interface Call {
        long make(Arena arena, MemorySegment capture) throws Throwable;
    }

    private static long result(Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = arena.allocate(CAPTURE);
            long result = call.make(arena, capture);
            return result == -1 ? -(int) ERRNO.get(capture, 0L) : result;
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
    }

    public static int open(String path) {
        return (int) result((arena, capture) -> (int) OPEN.invokeExact(capture, arena.allocateFrom(path),
                READ_WRITE_CLOEXEC));
    }

    public static int ioctl(int fd, int command, long argument) {
        return (int) result((arena, capture) -> (int) IOCTL.invokeExact(capture, fd, Integer.toUnsignedLong(command),
                argument));
    }

    public static int close(int fd) {
        return (int) result((arena, capture) -> (int) CLOSE.invokeExact(capture, fd));
    }

    public static int eventFd(int initial) {
        return (int) result((arena, capture) -> (int) EVENTFD.invokeExact(capture, initial, 0x800));
    }

    /** Takes an eventfd's counter. @return it, or -EAGAIN */
    public static long take(int eventFd) {
        return result((arena, capture) -> {
            MemorySegment number = arena.allocate(LONG);
            long read = (long) TRANSFER_IN.invokeExact(capture, eventFd, number, 8L);
            return read == 8 ? number.get(LONG, 0) : read;
        });
    }

    /** Adds to an eventfd's counter. */
    public static void signal(int eventFd, long count) {
        long ignored = result((arena, capture) -> (long) TRANSFER_OUT.invokeExact(capture, eventFd,
                arena.allocateFrom(LONG, count), 8L));
    }

    /** {@return new memory that may be read and written, shared, page-aligned, and there} */
    @SuppressWarnings("restricted") // SAFETY: the mapping has this length, and stays until unmap
    public static MemorySegment map(long lengthBytes, int flags) {
        long address = result((arena, capture) -> (long) MMAP.invokeExact(capture, 0L, lengthBytes, READ | WRITE,
                SHARED | ANONYMOUS | flags, -1, 0L));
        if (address < 0) {
            throw new AssertionError("mmap of 0x%x bytes gave %d".formatted(lengthBytes, address));
        }
        return MemorySegment.ofAddress(address).reinterpret(lengthBytes);
    }

    public static int protect(MemorySegment memory, int rights) {
        return (int) result((arena, capture) -> (int) MPROTECT.invokeExact(capture, memory.address(),
                memory.byteSize(), rights));
    }

    public static int unmap(MemorySegment memory) {
        return (int) result((arena, capture) -> (int) MUNMAP.invokeExact(capture, memory.address(),
                memory.byteSize()));
    }

    /** {@return the number of the calling thread} */
    public static int thread() {
        return (int) result((arena, capture) -> (int) GETTID.invokeExact(capture));
    }

    public static int kill(int thread, int signal) {
        int process = (int) ProcessHandle.current().pid();
        return (int) result((arena, capture) -> (int) TGKILL.invokeExact(capture, process, thread, signal));
    }

    /** Lets a signal call a function that does nothing with its number: {@code abs}. */
    public static int catchSignal(int signal) {
        return (int) result((arena, capture) -> {
            MemorySegment action = arena.allocate(SIGACTION_BYTES, Long.BYTES);
            action.set(ValueLayout.ADDRESS, 0, LINKER.defaultLookup().findOrThrow("abs"));
            return (int) SIGACTION.invokeExact(capture, signal, action, MemorySegment.NULL);
        });
    }

    /** {@return the number of this process's thread of a name} */
    public static int thread(String name) {
        String[] all = Path.of("/proc/self/task").toFile().list();
        return Arrays.stream(all == null ? new String[0] : all).filter(number -> name.equals(nameOf(number)))
                .mapToInt(Integer::parseInt).findFirst().orElseThrow();
    }

    private static String nameOf(String number) {
        try {
            return Files.readString(Path.of("/proc/self/task", number, "comm")).strip();
        } catch (IOException gone) {
            return "";
        }
    }
}
