package org.cupule.host.linux;

import static org.cupule.host.linux.Native.INT;
import static org.cupule.host.linux.Native.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;

/**
 * Processes that get descriptors of this one, which those of {@code ProcessBuilder} do not: theirs are all closed.
 *
 * <p>
 * Source: Linux manual pages posix_spawn(3), pipe(2), kill(2), waitpid(2);
 * {@code posix_spawn_file_actions_addclosefrom_np} of the GNU C library 2.34.
 *
 * @threading any thread
 */
final class Spawn {
    private static final short SET_SESSION = 0x80;
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SIGKILL = 9;
    /** More than any C library's attributes and actions have: 336 and 80 bytes in the GNU one. */
    private static final long OPAQUE_BYTES = 1024;

    private static final MethodHandle PIPE = Native.function("pipe2", FunctionDescriptor.of(INT, POINTER, INT));
    private static final MethodHandle SPAWN = Native.plain("posix_spawn",
            FunctionDescriptor.of(INT, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER));
    private static final MethodHandle ACTIONS = Native.plain("posix_spawn_file_actions_init",
            FunctionDescriptor.of(INT, POINTER));
    private static final MethodHandle ACTIONS_END = Native.plain("posix_spawn_file_actions_destroy",
            FunctionDescriptor.of(INT, POINTER));
    private static final MethodHandle COPY = Native.plain("posix_spawn_file_actions_adddup2",
            FunctionDescriptor.of(INT, POINTER, INT, INT));
    private static final MethodHandle OPEN = Native.plain("posix_spawn_file_actions_addopen",
            FunctionDescriptor.of(INT, POINTER, INT, POINTER, INT, INT));
    private static final MethodHandle CLOSE_FROM = Native.plain("posix_spawn_file_actions_addclosefrom_np",
            FunctionDescriptor.of(INT, POINTER, INT));
    private static final MethodHandle ATTRIBUTES = Native.plain("posix_spawnattr_init",
            FunctionDescriptor.of(INT, POINTER));
    private static final MethodHandle FLAGS = Native.plain("posix_spawnattr_setflags",
            FunctionDescriptor.of(INT, POINTER, ValueLayout.JAVA_SHORT));
    private static final MethodHandle KILL = Native.function("kill", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle WAIT = Native.function("waitpid", FunctionDescriptor.of(INT, INT, POINTER, INT));

    private Spawn() {
        // functions only
    }

    /** Makes a pipe. @return its end to read from, and that to write to */
    static LinuxDescriptor[] pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            MemorySegment both = arena.allocate(INT, 2);
            Native.check(Native.result((int) PIPE.invokeExact(capture, both, O_CLOEXEC), capture), "pipe",
                    "there is no pipe");
            return new LinuxDescriptor[]{new LinuxDescriptor(both.getAtIndex(INT, 0)),
                    new LinuxDescriptor(both.getAtIndex(INT, 1))};
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    /**
     * Starts a program in a session of its own, with nothing to say: its output goes nowhere.
     *
     * @param inherited
     *            what it gets as its descriptors 0 and 3; both above 3
     * @return its process's number; it is this process's child, and has to be {@linkplain #end ended}
     */
    static int start(List<String> command, int... inherited) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pid = arena.allocate(INT);
            MemorySegment actions = actions(arena, inherited);
            try {
                int error = (int) SPAWN.invokeExact(pid, arena.allocateFrom(command.getFirst()), actions,
                        attributes(arena), strings(arena, command), strings(arena, environment()));
                Native.check(-error, "spawn", command.getFirst() + " cannot be started");
                return pid.get(INT, 0);
            } finally {
                int ignored = (int) ACTIONS_END.invokeExact(actions);
            }
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }

    private static MemorySegment actions(Arena arena, int[] inherited) throws Throwable {
        MemorySegment actions = arena.allocate(OPAQUE_BYTES, Long.BYTES);
        require((int) ACTIONS.invokeExact(actions));
        require((int) COPY.invokeExact(actions, inherited[0], 0));
        require((int) OPEN.invokeExact(actions, 1, arena.allocateFrom("/dev/null"), O_RDWR, 0));
        require((int) COPY.invokeExact(actions, 1, 2));
        require((int) COPY.invokeExact(actions, inherited[1], 3));
        require((int) CLOSE_FROM.invokeExact(actions, 4));
        return actions;
    }

    private static MemorySegment attributes(Arena arena) throws Throwable {
        MemorySegment attributes = arena.allocate(OPAQUE_BYTES, Long.BYTES);
        require((int) ATTRIBUTES.invokeExact(attributes));
        require((int) FLAGS.invokeExact(attributes, SET_SESSION));
        return attributes;
    }

    /** These functions give the error number itself. */
    private static void require(int error) {
        Native.check(-error, "spawn", "a process cannot be described");
    }

    private static List<String> environment() {
        return System.getenv().entrySet().stream().map(Spawn::assignment).toList();
    }

    private static String assignment(Map.Entry<String, String> variable) {
        return variable.getKey() + "=" + variable.getValue();
    }

    private static MemorySegment strings(Arena arena, List<String> strings) {
        MemorySegment array = arena.allocate(POINTER, strings.size() + 1L); // the last one stays null
        for (int i = 0; i < strings.size(); i++) {
            array.setAtIndex(POINTER, i, arena.allocateFrom(strings.get(i)));
        }
        return array;
    }

    /** Kills a process that was started here, and waits until it is gone. */
    static void end(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = Native.capture(arena);
            long ignored = Native.result((int) KILL.invokeExact(capture, pid, SIGKILL), capture);
            long waited;
            do {
                waited = Native.result((int) WAIT.invokeExact(capture, pid, MemorySegment.NULL, 0), capture);
            } while (Native.interrupted(waited));
        } catch (Throwable thrown) {
            throw Native.unexpected(thrown);
        }
    }
}
