package org.cupule.hsm.shell;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files that a name which has been begun may mean. Folders end with a slash, so that their completion goes on;
 * hidden files are there for who has begun with the dot.
 *
 * @threading any thread
 */
final class FileNames {
    /** More than a person reads. */
    private static final int MOST = 1000;

    private FileNames() {
    }

    /** {@return the names in the folder of what has been begun; none where there is no such folder} */
    static Stream<String> of(String begun) {
        int end = begun.lastIndexOf('/') + 1;
        String folder = begun.substring(0, end);
        boolean hidden = begun.startsWith(".", end);
        return names(folder.isEmpty() ? "." : folder).stream().filter(name -> name.startsWith(".") == hidden)
                .map(name -> folder + name);
    }

    private static List<String> names(String folder) {
        var names = new ArrayList<String>();
        try (var files = Files.newDirectoryStream(Path.of(folder))) {
            for (Path file : files) {
                if (names.size() == MOST) {
                    break;
                }
                names.add(file.getFileName() + (Files.isDirectory(file) ? "/" : ""));
            }
        } catch (IOException | DirectoryIteratorException | InvalidPathException unreadable) {
            return names; // what a person has typed need not be there
        }
        return names;
    }
}
