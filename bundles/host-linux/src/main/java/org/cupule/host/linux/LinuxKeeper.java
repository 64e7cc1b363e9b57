package org.cupule.host.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.cupule.host.Keeper;

/**
 * A shell that waits at the end of a pipe whose other end is this process's alone. The kernel closes that end when the
 * process is gone, whatever ended it; then the shell runs the last command, which has the device too.
 *
 * <pre>
 *   this process --- pipe, nothing is ever written ---> 0: sh: read; until COMMAND; do sleep; done
 *        |                                              3: the device
 *        '---- the device
 * </pre>
 *
 * <p>
 * By then no thread of this process is inside the driver: a process's files are closed after the last of its threads
 * has left the kernel's calls.
 *
 * @threading any thread
 */
final class LinuxKeeper implements Keeper {
    private static final String SHELL = "/bin/sh";
    private static final String SCRIPT = "read -r _; until \"$@\"; do sleep 3; done";
    private static final String NAME = "cupule-keeper"; // what a list of processes shows
    /** Above those that the child gets, so that none is overwritten before it is copied. */
    private static final int FREE_FROM = 10;

    private final int pid;
    private final LinuxDescriptor pipe;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LinuxKeeper(int pid, LinuxDescriptor pipe) {
        this.pid = pid;
        this.pipe = pipe;
    }

    static Keeper start(LinuxDeviceFile device, List<String> last) {
        List<String> command = new ArrayList<>(List.of(SHELL, "-c", SCRIPT, NAME));
        command.addAll(last);
        LinuxDescriptor[] pipe = Spawn.pipe();
        try (LinuxDescriptor end = above(pipe[0]); LinuxDescriptor file = above(device.duplicate())) {
            return new LinuxKeeper(Spawn.start(command, end.number(), file.number()), pipe[1]);
        } catch (RuntimeException | Error failure) {
            pipe[1].close();
            throw failure;
        }
    }

    /** {@return a copy that is above what the child gets}; the original is closed */
    private static LinuxDescriptor above(LinuxDescriptor original) {
        try (original) {
            return original.duplicateAbove(FREE_FROM);
        }
    }

    @Override
    public long pid() {
        return pid;
    }

    /** The shell goes first: closed first, the pipe would let it run the command. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Spawn.end(pid);
            pipe.close();
        }
    }
}
