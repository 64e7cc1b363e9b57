package org.cupule.host.linux;

import static org.cupule.host.linux.Native.INT;
import static org.cupule.host.linux.Native.LONG;
import static org.cupule.host.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Adds one to an eventfd without ever waiting, whoever made it and whatever others do to it at the same moment. A write
 * to a blocking eventfd that somebody has just filled waits until somebody reads; the kernel's own signal at the end of
 * an asynchronous operation does not. So one byte is read, asynchronously, from an empty file, and the eventfd is told
 * of it.
 *
 * <pre>
 *  struct iocb 64    +16 opcode:2 (0 = read)  +20 file:4  +24 buffer*  +32 bytes:8  +56 flags:4 (1 = tell)  +60 eventfd:4
 * </pre>
 *
 * <p>
 * Source: Linux manual pages io_submit(2), io_getevents(2), eventfd(2). There is no such call where the kernel has none
 * or a policy denies it.
 *
 * @threading any thread
 */
final class AioSignal {
    /** x86-64 has numbers of its own, other 64-bit systems share theirs. */
    private static final boolean X86 = System.getProperty("os.arch").equals("amd64");
    private static final long IO_SETUP = X86 ? 206 : 0;
    private static final long IO_SUBMIT = X86 ? 209 : 2;
    private static final long IO_GETEVENTS = X86 ? 208 : 4;
    private static final int EVENTS = 64;
    private static final int ATTEMPTS = 8;
    private static final int EVENT_BYTES = 32;
    private static final int IOCB_BYTES = 64;
    private static final int TELL = 1;

    private static final MethodHandle SETUP = Native.plain("syscall", FunctionDescriptor.of(LONG, LONG, LONG, POINTER),
            Native.variadic(1));
    private static final MethodHandle SUBMIT = Native.plain("syscall",
            FunctionDescriptor.of(LONG, LONG, LONG, LONG, POINTER), Native.variadic(1));
    private static final MethodHandle GETEVENTS = Native.plain("syscall",
            FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, POINTER, POINTER), Native.variadic(1));

    /** One context for the process, for ever: there is nothing to release while an eventfd is there. */
    private static final Optional<Context> CONTEXT = context();

    /** What the kernel completes operations in; nobody reads what comes out, but it has to be taken out. */
    private record Context(long id, int emptyFile, MemorySegment buffer, MemorySegment events) {
        void reap() throws Throwable {
            long ignored = (long) GETEVENTS.invokeExact(IO_GETEVENTS, id, 0L, (long) EVENTS, events,
                    MemorySegment.NULL);
        }
    }

    private final Context context;
    private final MemorySegment submission;

    private AioSignal(Context context, int eventFd, Arena arena) {
        this.context = context;
        MemorySegment iocb = arena.allocate(IOCB_BYTES, Long.BYTES);
        iocb.set(INT, 20, context.emptyFile);
        iocb.set(POINTER, 24, context.buffer);
        iocb.set(LONG, 32, 1);
        iocb.set(INT, 56, TELL);
        iocb.set(INT, 60, eventFd);
        submission = arena.allocate(POINTER);
        submission.set(POINTER, 0, iocb);
    }

    /** {@return what signals an eventfd, as long as that is open; empty where the kernel does not} */
    static Optional<AioSignal> of(int eventFd) {
        return CONTEXT.map(context -> new AioSignal(context, eventFd, Arena.ofAuto()));
    }

    private static Optional<Context> context() {
        Arena arena = Arena.global();
        MemorySegment id = arena.allocate(ValueLayout.JAVA_LONG);
        try {
            long file = Libc.memfdCreate("empty", Libc.MFD_CLOEXEC);
            if (file < 0 || (long) SETUP.invokeExact(IO_SETUP, (long) EVENTS, id) != 0) {
                return Optional.empty();
            }
            return Optional.of(new Context(id.get(ValueLayout.JAVA_LONG, 0), (int) file, arena.allocate(1),
                    arena.allocate((long) EVENTS * EVENT_BYTES, Long.BYTES)));
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /** Adds one; 2^64 - 1 is the end. Allocates nothing. @return false when the kernel would not */
    boolean signal() {
        try {
            boolean told = submit();
            for (int attempt = 0; !told && attempt < ATTEMPTS; attempt++) {
                context.reap(); // what was completed has filled the ring
                told = submit();
            }
            return told;
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    private boolean submit() throws Throwable {
        return (long) SUBMIT.invokeExact(IO_SUBMIT, context.id, 1L, submission) == 1;
    }
}
