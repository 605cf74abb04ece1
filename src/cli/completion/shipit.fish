# Words for shipit in fish 3 and later. To install: shipit completion fish > ~/.config/fish/completions/shipit.fish
# Nothing here evaluates the words: fish quotes them.
function __shipit_words
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l name shipit
    # as it was typed, if that is a path
    string match -q '*/*' -- $typed[1]; and set name $typed[1]
    # a word whose quotes are still open stays as it is
    set -l plain (string unescape -- $current)
    test (count $plain) -eq 1; or set plain $current
    for line in (command $name completion words fish -- $typed[2..-1] "$plain" </dev/null 2>/dev/null | string replace -rf '^shipit\t' '')
        if string match -q -r '^\t' -- $line
            set -l before (string match -r -- '^--[^=]*=' $current)
            for file in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' $current))
                printf '%s%s\n' "$before" $file
            end
        else
            printf '%s\n' $line
        end
    end
end
complete -c shipit -f -a '(__shipit_words)'
