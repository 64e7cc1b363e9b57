package org.cupule.tck.check;

import java.util.Optional;

/**
 * Loads a plug-in's classes once more, beside those that are there: what stays of it can be seen by whether this loader
 * is collected.
 *
 * @threading any thread
 */
final class OwnLoader extends ClassLoader {
    private final PlugInCode code;
    private final java.util.Set<String> own;

    /** Makes a loader for these classes, named with slashes; all others are the parent's. */
    OwnLoader(PlugInCode code, java.util.Set<String> own, ClassLoader parent) {
        super("tck", parent);
        this.code = code;
        this.own = java.util.Set.copyOf(own);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            Optional<byte[]> file = loaded != null || !own.contains(name.replace('.', '/'))
                    ? Optional.empty()
                    : code.classFile(name.replace('.', '/'));
            if (file.isPresent()) {
                loaded = defineClass(name, file.get(), 0, file.get().length);
            }
            return loaded != null ? loaded : super.loadClass(name, resolve);
        }
    }
}
