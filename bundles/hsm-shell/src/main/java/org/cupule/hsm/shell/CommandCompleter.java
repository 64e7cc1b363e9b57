package org.cupule.hsm.shell;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.hsm.shell.Manual.Form;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Completes commands, their options, and their arguments by what the platform has now. The console's prompt of
 * {@code cupule run} uses it too, as a service.
 *
 * @threading any thread
 */
@Component(service = {CommandCompleter.class, Completer.class})
public final class CommandCompleter implements Completer {
    private final Words words;
    private final BundleContext context;

    /** Made by the component runtime. */
    @Activate
    public CommandCompleter(@Reference Platform platform, BundleContext context) {
        this.words = new Words(platform, context);
        this.context = context;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        List<String> before = statement(line.words().subList(0, line.wordIndex()));
        candidates(before, line.word()).forEach((word, told) -> candidates.add(new Candidate(word, word, null,
                told.isEmpty() ? null : told, null, null, !word.endsWith("/") && !word.endsWith("="))));
    }

    /** {@return the words of the last statement} */
    private static List<String> statement(List<String> line) {
        int first = 0;
        for (int i = 0; i < line.size(); i++) {
            first = line.get(i).endsWith(";") || line.get(i).equals("|") ? i + 1 : first;
        }
        return line.subList(first, line.size());
    }

    /**
     * {@return what may come after the words of a statement, each with what it means}
     *
     * @param begun
     *            the word that stands there already, up to the cursor
     */
    Map<String, String> candidates(List<String> before, String begun) {
        return candidates(Manual.of(context), before, begun);
    }

    /** As above, for the commands of a manual. */
    Map<String, String> candidates(Manual manual, List<String> before, String begun) {
        var found = new TreeMap<String, String>();
        if (before.isEmpty()) {
            String prefix = begun.startsWith(Manual.PREFIX) ? Manual.PREFIX : "";
            manual.names().forEach(name -> found.put(prefix + name, manual.summary(name)));
            return found;
        }
        for (Form form : manual.forms(before.getFirst())) {
            arguments(form, before.subList(1, before.size()), begun, found);
        }
        return found;
    }

    private void arguments(Form form, List<String> before, String begun, Map<String, String> found) {
        if (begun.startsWith("-")) {
            form.options().forEach(option -> found.put(option.names().getLast(), option.summary()));
            return;
        }
        var taken = new HashMap<String, String>();
        int place = 0;
        for (int i = 0; i < before.size(); i++) {
            var option = form.option(before.get(i));
            var argument = form.argument(place);
            if (option.isEmpty() && argument.isPresent()) {
                taken.putIfAbsent(argument.get().key(), before.get(i));
                place++;
            } else if (option.isEmpty() || !option.get().flag() && ++i == before.size()) {
                return; // too many words, or the value of an option
            }
        }
        form.argument(place).ifPresent(
                next -> words.of(next.key(), taken, begun).forEach(word -> found.put(word, "")));
    }
}
