package org.cupule.machine.loader;

import java.util.List;
import org.cupule.machine.memory.MemoryLayout;

/**
 * What is to be booted, with all files read.
 *
 * @param name
 *            the image's name, for people
 * @param image
 *            the image
 * @param format
 *            {@code auto} or one of {@link Loaders#FORMATS}
 * @param address
 *            load address of a flat image; 0 for its standard
 * @param commandLine
 *            the command line
 * @param modules
 *            modules, or the initial RAM disk
 * @param layout
 *            the machine's memory
 * @threading immutable: the arrays must not be changed
 */
public record BootRequest(String name, byte[] image, String format, long address, String commandLine,
        List<Module> modules, MemoryLayout layout) {
    /** Copies the list. */
    public BootRequest {
        modules = List.copyOf(modules);
    }

    /**
     * A module.
     *
     * @param name
     *            its string: the name and what follows it
     * @param bytes
     *            its content
     * @threading immutable: the array must not be changed
     */
    public record Module(String name, byte[] bytes) {
    }
}
