"""SeqGAN's networks in plain torch.nn. Tokens stand as [length, rows], which nn.LSTM likes best."""
import torch
from torch import nn
from torch.nn import functional as F


class SequenceGenerator(nn.Module):
    def __init__(self, vocabulary, embedding_size, hidden_size, initial_deviation=None):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        self.lstm = nn.LSTM(embedding_size, hidden_size)
        self.output = nn.Linear(hidden_size, vocabulary)
        for parameter in self.parameters() if initial_deviation else ():
            nn.init.normal_(parameter, std=initial_deviation)

    def forward(self, tokens):
        """Logits [length, rows, vocabulary] of each token, given those before."""
        before = F.pad(tokens[:-1], (0, 0, 1, 0))
        return self.output(self.lstm(self.embedding(before))[0])

    def begin(self, rows):
        """State before the first token."""
        zeros = torch.zeros(1, rows, self.lstm.hidden_size)
        return zeros, zeros

    def pick_next(self, previous, state):
        """A token [rows] behind `previous`, and the state with that."""
        hidden, state = self.lstm(self.embedding(previous).unsqueeze(0), state)
        return torch.multinomial(self.output(hidden[0]).softmax(dim=1), 1).squeeze(1), state


class SequenceDiscriminator(nn.Module):
    def __init__(self, vocabulary, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        self.lstm = nn.LSTM(embedding_size, hidden_size)
        self.output = nn.Linear(hidden_size, 1)

    def forward(self, tokens):
        """Logits [rows]."""
        return self.output(self.lstm(self.embedding(tokens))[1][0][0]).squeeze(1)
