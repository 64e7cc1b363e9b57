package org.cupule.linux.acrn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.cupule.abi.CStruct;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.DeviceFile;
import org.cupule.host.Keeper;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * An open {@code /dev/acrn_hsm}: its commands as calls that fail with the driver's error number. A structure lives for
 * its call.
 *
 * @threading any thread; the driver does not serialise the calls of one file ({@code hsm.md} 2.2)
 */
final class HsmFile {
    /** More than any command's structure has: the driver may write more than the command's number tells (11.2). */
    private static final long ROOM_BYTES = 512;

    private final DeviceFile file;
    private final Optional<Keeper> keeper;
    private volatile String vm = "a VM that is being created";

    HsmFile(DeviceFile file, Optional<Keeper> keeper) {
        this.file = file;
        this.keeper = keeper;
    }

    /** Opens the driver, with a keeper from the first moment on: the VM may run as soon as it is created. */
    static HsmFile open(Driver driver) {
        DeviceFile file = driver.open();
        try {
            return new HsmFile(file, driver.keep(file));
        } catch (RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    /** Sets what sentences call the VM. */
    void name(String name) {
        vm = name;
    }

    /** Carries out a command without argument. */
    void call(IoctlNumber command) {
        call(command, 0);
    }

    /** Carries out a command whose argument is a number. */
    void call(IoctlNumber command, long argument) {
        check(command, file.ioctl(command.number(), argument));
    }

    /** Carries out a command on memory of the caller, and leaves it to the caller what a failure is. */
    long ask(IoctlNumber command, MemorySegment argument) {
        return file.ioctl(command.number(), argument);
    }

    /** {@return what a command without argument gave} */
    long ask(IoctlNumber command) {
        return file.ioctl(command.number(), 0);
    }

    /** Carries out a command on a structure that begins as zeros. */
    <S extends CStruct> void call(IoctlNumber command, Function<MemorySegment, S> view, Consumer<S> fill) {
        read(command, view, fill, done -> done);
    }

    /** Carries out a command on a structure that begins as zeros. @return what is read out of it afterwards */
    <S extends CStruct, R> R read(IoctlNumber command, Function<MemorySegment, S> view, Consumer<S> fill,
            Function<S, R> answer) {
        try (Arena arena = Arena.ofConfined()) {
            S structure = view.apply(room(arena));
            fill.accept(structure);
            check(command, file.ioctl(command.number(), structure.memory()));
            return answer.apply(structure);
        }
    }

    /** {@return zeroed memory for any command's structure} */
    static MemorySegment room(SegmentAllocator allocator) {
        return allocator.allocate(ROOM_BYTES, Long.BYTES);
    }

    /** Fails with the error number of a negative result. */
    void check(IoctlNumber command, long result) {
        if (result < 0) {
            throw failure(command, result);
        }
    }

    HsmException failure(IoctlNumber command, long result) {
        int number = (int) -result;
        Errno errno = Errno.of(number);
        String operation = command.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return new HsmException(errno, operation, "ACRN or its driver refused it for %s%s".formatted(vm,
                errno.number() == number ? "" : " (errno " + number + ")"));
    }

    /** Closes the file, and with it a VM that is PAUSED ({@code hsm.md} 4.7). */
    void close() {
        file.close();
        keeper.ifPresent(Keeper::close);
    }

    /** {@return the process that ends the VM when this one is killed, for people} */
    String kept() {
        return keeper.map(process -> "process %d ends it when this one is killed".formatted(process.pid()))
                .orElse("nothing ends it when this process is killed");
    }
}
