package org.cupule.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * How functions of the C library are found and called: each with its C signature, the variadic ones from the argument
 * on where theirs begin, and with errno captured before the JVM can change it. A failed call gives the negative errno.
 *
 * @threading any thread
 */
final class Native {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final java.lang.foreign.AddressLayout POINTER = ValueLayout.ADDRESS;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = lookup();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final int EINTR = 4;
    /** A segment each thread captures errno in: for calls that are made so often that an arena each would be felt. */
    private static final ThreadLocal<MemorySegment> CAPTURES = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(CAPTURE));

    private Native() {
        // functions only
    }

    /**
     * {@return how functions are found: in the order in which a C program finds them, so that a library of
     * {@code LD_PRELOAD} is asked first; then as the JDK finds them}
     */
    private static SymbolLookup lookup() {
        SymbolLookup jdk = LINKER.defaultLookup();
        return jdk.find("dlsym").map(Native::inSearchOrder).map(first -> first.or(jdk)).orElse(jdk);
    }

    @SuppressWarnings("restricted")
    private static SymbolLookup inSearchOrder(MemorySegment dlsym) {
        // SAFETY: the signature is that of dlsym(3); RTLD_DEFAULT, the null pointer, is the default search order.
        MethodHandle find = LINKER.downcallHandle(dlsym, FunctionDescriptor.of(POINTER, POINTER, POINTER));
        return name -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment found = (MemorySegment) find.invokeExact(MemorySegment.NULL, arena.allocateFrom(name));
                return found.equals(MemorySegment.NULL) ? java.util.Optional.empty() : java.util.Optional.of(found);
            } catch (Throwable thrown) {
                throw unexpected(thrown);
            }
        };
    }

    /** {@return a function's address, for who hands it to the system and does not call it} */
    static MemorySegment address(String name) {
        return LIBC.find(name).orElseThrow(
                () -> new HsmException(Errno.ENOSYS, name, "the C library has no such function"));
    }

    /** {@return a function of the C library, which takes the capture segment first} */
    static MethodHandle function(String name, FunctionDescriptor signature, Linker.Option... options) {
        Linker.Option[] all = java.util.Arrays.copyOf(options, options.length + 1);
        all[options.length] = Linker.Option.captureCallState("errno");
        return plain(name, signature, all);
    }

    /** {@return a function of the C library whose errno nobody reads} */
    @SuppressWarnings("restricted")
    static MethodHandle plain(String name, FunctionDescriptor signature, Linker.Option... options) {
        MemorySegment address = address(name);
        // SAFETY: the signature is that of the Linux manual page, section 2 or 3, of the function named.
        return LINKER.downcallHandle(address, signature, options);
    }

    /** {@return the option for a variadic function whose fixed arguments are so many} */
    static Linker.Option variadic(int fixed) {
        return Linker.Option.firstVariadicArg(fixed);
    }

    static MemorySegment capture(Arena arena) {
        return arena.allocate(CAPTURE);
    }

    /** {@return this thread's segment for errno, good until its next call} */
    static MemorySegment capture() {
        return CAPTURES.get();
    }

    static int errno(MemorySegment capture) {
        return (int) ERRNO.get(capture, 0L);
    }

    /** {@return a result, or the negative errno where the function answered -1} */
    static long result(long result, MemorySegment capture) {
        return result == -1 ? -errno(capture) : result;
    }

    /** A method handle's checked exception, which calls into C never throw. */
    static RuntimeException unexpected(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException runtime ? runtime : new IllegalStateException(thrown);
    }

    static boolean interrupted(long result) {
        return result == -EINTR;
    }

    /** Fails with the errno of a negative result. @return the result */
    static long check(long result, String operation, String sentence) {
        if (result < 0) {
            throw failure(result, operation, sentence);
        }
        return result;
    }

    static HsmException failure(long result, String operation, String sentence) {
        Errno errno = Errno.of((int) -result);
        return new HsmException(errno, operation,
                errno.number() == -result ? sentence : sentence + " (errno " + -result + ")");
    }
}
